package io.varve.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.varve.oci.Digest;
import java.io.ByteArrayOutputStream;
import java.net.URLDecoder;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Uploads to a fake registry, as the distribution specification has them: where one goes on changes with every answer, and what
 * was cut off on its way counts as far as it came.
 */
final class FakeUploads {
    private static final Pattern UPLOAD = Pattern.compile("/v2/(?<repository>.+)/blobs/uploads/(?<id>[0-9]*)");
    private static final Pattern RANGE = Pattern.compile("(\\d+)-(\\d+)");

    private final Map<String, byte[]> blobs;
    private final Map<String, ByteArrayOutputStream> going = new ConcurrentHashMap<>();
    private final AtomicInteger begun = new AtomicInteger();
    private final AtomicInteger answered = new AtomicInteger();

    /** @param blobs where what was uploaded is put */
    FakeUploads(Map<String, byte[]> blobs) {
        this.blobs = blobs;
    }

    /** Null for what is no upload. */
    static @Nullable String repository(Asked asked) {
        Matcher upload = UPLOAD.matcher(asked.path());
        return upload.matches() ? upload.group("repository") : null;
    }

    static String query(Asked asked, String name) {
        int query = asked.uri().indexOf('?');
        for (String pair : (query < 0 ? "" : asked.uri().substring(query + 1)).split("&", -1)) {
            if (pair.startsWith(name + "=")) {
                return URLDecoder.decode(pair.substring(name.length() + 1), UTF_8);
            }
        }
        return "";
    }

    /** That have not ended. */
    int open() {
        return going.size();
    }

    FakeReply answer(Asked asked) {
        Matcher upload = UPLOAD.matcher(asked.path());
        if (!upload.matches()) {
            throw new IllegalArgumentException(asked.toString());
        }
        String repository = upload.group("repository");
        if (asked.method().name().equals("POST")) {
            if (blobs.containsKey(query(asked, "mount"))) {
                return FakeReply.of(201, "").with("Location", "/v2/" + repository + "/blobs/" + query(asked, "mount"));
            }
            String id = String.valueOf(begun.incrementAndGet());
            going.put(id, new ByteArrayOutputStream());
            return going(202, repository, id);
        }
        String id = upload.group("id");
        ByteArrayOutputStream there = going.get(id);
        if (there == null) {
            return FakeReply.error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
        }
        return switch (asked.method().name()) {
            case "GET" -> going(204, repository, id);
            case "DELETE" -> {
                going.remove(id);
                yield FakeReply.of(204, "");
            }
            case "PATCH" -> patch(asked, repository, id, there);
            default -> put(asked, id, there);
        };
    }

    private FakeReply patch(Asked asked, String repository, String id, ByteArrayOutputStream there) {
        Matcher range = RANGE.matcher(String.valueOf(asked.header("Content-Range")));
        if (!range.matches() || Long.parseLong(range.group(1)) != there.size()) {
            return going(416, repository, id);
        }
        there.writeBytes(asked.body().getBytes());
        return going(202, repository, id);
    }

    private FakeReply put(Asked asked, String id, ByteArrayOutputStream there) {
        there.writeBytes(asked.body().getBytes());
        String wanted = query(asked, "digest");
        String got = Digest.sha256(there.toByteArray()).toString();
        if (!got.equals(wanted)) {
            return FakeReply.error(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
        }
        going.remove(id);
        blobs.put(got, there.toByteArray());
        return FakeReply.of(201, "").with("Docker-Content-Digest", got);
    }

    /** Relative, with a query that has to come back as it was. */
    private FakeReply going(int status, String repository, String id) {
        ByteArrayOutputStream there = going.getOrDefault(id, new ByteArrayOutputStream());
        return FakeReply.of(status, "")
                .with(
                        "Location",
                        "/v2/" + repository + "/blobs/uploads/" + id + "?state=a%2Fb%3D" + answered.incrementAndGet())
                .with("Range", "0-" + Math.max(0, there.size() - 1));
    }
}
