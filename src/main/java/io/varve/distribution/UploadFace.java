package io.varve.distribution;

import static io.vertx.core.http.HttpHeaders.LOCATION;

import io.varve.auth.Action;
import io.varve.http.Incoming;
import io.varve.oci.Digest;
import io.varve.oci.Reference;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerResponse;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Blobs that come in: end-4a to end-6, end-11, end-13 and end-14 of distribution-spec 1.1. Belongs to one event loop. */
final class UploadFace {
    private static final int CREATED = 201;
    private static final int ACCEPTED = 202;
    private static final int NO_CONTENT = 204;

    private static final Pattern RANGE =
            Pattern.compile("(?:bytes[ =])?(?<first>[0-9]{1,18})-(?<last>[0-9]{1,18})(?:/.*)?");

    private final Repositories repositories;
    private final Publication publication;
    private final Uploads uploads;
    private final Incoming incoming;

    UploadFace(Repositories repositories, Publication publication, Uploads uploads, Incoming incoming) {
        this.repositories = repositories;
        this.publication = publication;
        this.uploads = uploads;
        this.incoming = incoming;
    }

    Future<Void> uploads(Asked asked, String name) {
        if (!asked.method().name().equals("POST")) {
            throw Refusal.unsupportedMethod(asked.method().name(), "POST");
        }
        Reference repository = repositories.writable(asked.scopes(), Action.WRITE, name);
        String told = asked.parameter("digest");
        if (told != null) {
            Digest digest = Repositories.digest(told);
            return uploads.begin(repository)
                    .compose(upload -> upload.alone(until -> uploads.receive(upload, asked.reader(), until)
                            .compose(received -> commit(asked, upload, digest))
                            .recover(thrown -> abandon(upload, thrown))));
        }
        asked.requireNoBody();
        String mounted = asked.parameter("mount");
        return mounted == null
                ? begin(asked, repository)
                : mount(asked, repository, Repositories.digest(mounted), asked.parameter("from"));
    }

    /** Nobody was told of it, so nobody can go on with it. */
    private Future<Void> abandon(OpenUpload upload, Throwable thrown) {
        Future<Void> given = upload.isEnded() ? Future.succeededFuture() : uploads.give(upload);
        return given.transform(ended -> Future.failedFuture(thrown));
    }

    private Future<Void> mount(Asked asked, Reference repository, Digest digest, @Nullable String from) {
        Reference source = from == null
                ? null
                : repositories.readable(asked.scopes(), from).orElse(null);
        return source == null
                ? begin(asked, repository)
                : incoming.work(() -> publication.mount(repository, source, digest))
                        .compose(mounted -> mounted ? created(asked, repository, digest) : begin(asked, repository));
    }

    private Future<Void> begin(Asked asked, Reference repository) {
        return uploads.begin(repository).compose(upload -> progress(asked, upload, ACCEPTED));
    }

    Future<Void> upload(Asked asked, String name, String id) {
        Reference repository = repositories.writable(asked.scopes(), Action.WRITE, name);
        OpenUpload upload = uploads.find(repository, id);
        return switch (asked.method().name()) {
            case "PATCH" -> append(asked, upload).compose(appended -> progress(asked, upload, ACCEPTED));
            case "PUT" -> finish(asked, upload);
            case "GET", "HEAD" -> {
                asked.requireNoBody();
                yield progress(asked, upload, NO_CONTENT);
            }
            case "DELETE" -> {
                asked.requireNoBody();
                yield uploads.end(upload).compose(ended -> asked.end(NO_CONTENT));
            }
            default -> throw Refusal.unsupportedMethod(asked.method().name(), "GET, PATCH, PUT, DELETE");
        };
    }

    private Future<Void> append(Asked asked, OpenUpload upload) {
        return upload.alone(until -> {
            checkRange(asked, upload);
            return uploads.receive(upload, asked.reader(), until);
        });
    }

    private Future<Void> finish(Asked asked, OpenUpload upload) {
        String told = asked.parameter("digest");
        if (told == null) {
            throw Refusal.digestMissing();
        }
        Digest digest = Repositories.digest(told);
        return upload.alone(until -> {
            checkRange(asked, upload);
            return uploads.receive(upload, asked.reader(), until).compose(all -> commit(asked, upload, digest));
        });
    }

    private static void checkRange(Asked asked, OpenUpload upload) {
        String range = asked.request().getHeader("Content-Range");
        if (range == null) {
            return;
        }
        Matcher part = RANGE.matcher(range);
        if (!part.matches()) {
            throw Refusal.uploadInvalid(400, "Content-Range: got " + range + ", wanted FIRST-LAST");
        }
        long first = Long.parseLong(part.group("first"));
        if (first != upload.position()) {
            throw Refusal.uploadOrder(range, upload.position(), where(upload));
        }
        long length = Incoming.length(asked.request());
        long said = Long.parseLong(part.group("last")) - first + 1;
        if (length >= 0 && said != length) {
            throw Refusal.sizeInvalid("Content-Range: got " + range + " for " + length + " bytes");
        }
    }

    /** Right or wrong, this is its end. */
    private Future<Void> commit(Asked asked, OpenUpload upload, Digest digest) {
        return incoming.work(() -> {
                    publication.blob(upload.session(), upload.deposit(), digest, upload.repository());
                    return true;
                })
                .eventually(() -> uploads.give(upload))
                .compose(committed -> created(asked, upload.repository(), digest));
    }

    private static Future<Void> created(Asked asked, Reference repository, Digest digest) {
        asked.response()
                .putHeader(LOCATION, "/v2/" + repository.path() + "/blobs/" + digest)
                .putHeader("Docker-Content-Digest", digest.toString());
        return asked.end(CREATED);
    }

    private static Future<Void> progress(Asked asked, OpenUpload upload, int status) {
        HttpServerResponse response = asked.response();
        where(upload).forEach(response::putHeader);
        return asked.end(status);
    }

    /** The last byte is named, so that of none cannot be told from one. */
    private static Map<String, String> where(OpenUpload upload) {
        return Map.of(
                "Location", "/v2/" + upload.repository().path() + "/blobs/uploads/" + upload.id(),
                "Docker-Upload-UUID", upload.id(),
                "Range", "0-" + Math.max(0, upload.position() - 1));
    }
}
