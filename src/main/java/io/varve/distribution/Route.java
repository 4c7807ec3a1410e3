package io.varve.distribution;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a path asks for. Its parts are a stranger's words still. */
sealed interface Route {
    /** What can be read. */
    sealed interface Read extends Route {}

    /** Whether this is a registry at all. */
    record Version() implements Read {}

    /** The names of all repositories. */
    record Catalog() implements Read {}

    record Tags(String name) implements Read {}

    /** @param reference a tag or a digest */
    record Manifest(String name, String reference) implements Read {}

    record Blob(String name, String digest) implements Read {}

    /** Where uploads begin. */
    record Uploads(String name) implements Route {}

    /** One that has begun. */
    record Upload(String name, String id) implements Route {}

    /** What says something of an image. */
    record Referrers(String name, String digest) implements Read {}

    Pattern UPLOAD = Pattern.compile("/v2/(?<name>.+)/blobs/uploads(?:/(?<id>[^/]*))?", Pattern.DOTALL);
    Pattern REFERRERS = Pattern.compile("/v2/(?<name>.+)/referrers/(?<digest>[^/]+)", Pattern.DOTALL);
    Pattern CONTENT = Pattern.compile("/v2/(?<name>.+)/(?<kind>manifests|blobs)/(?<last>[^/]+)", Pattern.DOTALL);
    Pattern TAGS = Pattern.compile("/v2/(?<name>.+)/tags/list", Pattern.DOTALL);

    /**
     * @param encoded the path as it was sent
     * @throws Refusal when it asks for nothing that there is
     */
    static Route parse(String encoded) {
        String path = decoded(encoded);
        if (path.equals("/v2/") || path.equals("/v2")) {
            return new Version();
        }
        if (path.equals("/v2/_catalog")) {
            return new Catalog();
        }
        Matcher upload = UPLOAD.matcher(path);
        if (upload.matches()) {
            String name = upload.group("name");
            String id = upload.group("id");
            return id == null || id.isEmpty() ? new Uploads(name) : new Upload(name, id);
        }
        Matcher content = CONTENT.matcher(path);
        if (content.matches()) {
            String name = content.group("name");
            String last = content.group("last");
            return content.group("kind").equals("blobs") ? new Blob(name, last) : new Manifest(name, last);
        }
        Matcher tags = TAGS.matcher(path);
        if (tags.matches()) {
            return new Tags(tags.group("name"));
        }
        Matcher referrers = REFERRERS.matcher(path);
        if (referrers.matches()) {
            return new Referrers(referrers.group("name"), referrers.group("digest"));
        }
        throw Refusal.unsupportedPath();
    }

    /** Some clients encode the colon of a digest. What a part decodes to is checked by whoever uses it. */
    private static String decoded(String path) {
        try {
            return path.indexOf('%') < 0 ? path : URLDecoder.decode(path.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw Refusal.unsupportedPath();
        }
    }
}
