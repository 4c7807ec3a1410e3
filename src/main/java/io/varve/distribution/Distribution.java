package io.varve.distribution;

import static io.vertx.core.http.HttpHeaders.CONTENT_LENGTH;
import static io.vertx.core.http.HttpHeaders.CONTENT_TYPE;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.auth.Action;
import io.varve.auth.Scopes;
import io.varve.failure.Failure;
import io.varve.failure.Problem;
import io.varve.http.Bytes;
import io.varve.http.Departure;
import io.varve.http.Garbled;
import io.varve.http.Incoming;
import io.varve.http.Outgoing;
import io.varve.http.Reader;
import io.varve.http.Servable;
import io.varve.http.Stalled;
import io.varve.http.Underway;
import io.varve.oci.Json;
import io.varve.oci.MediaType;
import io.varve.store.Store;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The OCI distribution API (distribution-spec 1.1), and the list of repositories that Docker's registry has besides. Blobs are not
 * deleted, which the specification allows: they go when nothing needs them. Belongs to one event loop.
 */
public final class Distribution {
    private static final Logger LOG = LoggerFactory.getLogger(Distribution.class);
    private static final String VERSION = "Docker-Distribution-API-Version";
    private static final String VERSION_2 = "registry/2.0";
    private static final int FAULT = 500;
    private static final String READS = "GET, HEAD";
    private static final String JSON = "application/json";

    private final Repositories repositories;
    private final Outgoing outgoing;
    private final Underway underway;
    private final int listedNames;
    private final long listedBytes;
    private final Uploads uploads;
    private final UploadFace uploading;
    private final ManifestFace manifests;

    /**
     * @param name what the names of the images that are served begin with
     * @param listedNames the most tags, repositories or referrers of one answer
     */
    public Distribution(
            Store store,
            Supplier<String> name,
            Outgoing outgoing,
            Incoming incoming,
            Underway underway,
            int listedNames,
            UploadLimits limits,
            Layers layers,
            Changes changes) {
        repositories = new Repositories(store, name);
        this.outgoing = outgoing;
        this.underway = underway;
        this.listedNames = listedNames;
        listedBytes = limits.manifestBytes();
        Publication publication = new Publication(store, repositories, layers, limits);
        uploads = new Uploads(publication, incoming, limits);
        uploading = new UploadFace(repositories, publication, uploads, incoming);
        Checks checks = new Checks(publication, incoming);
        manifests = new ManifestFace(repositories, publication, incoming, checks, limits, changes);
    }

    /** What whoever asks this has to be allowed at all; for which repository is looked at later. */
    public static Action action(HttpServerRequest request) {
        boolean ofUpload = String.valueOf(request.path()).contains("/blobs/uploads/");
        return switch (request.method().name()) {
            case "GET", "HEAD" -> ofUpload ? Action.WRITE : Action.READ;
            case "DELETE" -> ofUpload ? Action.WRITE : Action.DELETE;
            case "POST", "PATCH", "PUT" -> Action.WRITE;
            default -> Action.READ;
        };
    }

    /** To be called from time to time: uploads that nobody goes on with end. */
    public void expire() {
        uploads.expire();
    }

    /** Ends all uploads; nothing is left of them. */
    public Future<?> close() {
        return uploads.close();
    }

    /** @param scopes of whoever asks: repositories that he may not read are not there */
    public void handle(HttpServerRequest request, Scopes scopes) {
        answer(request, scopes, this::answer);
    }

    /** Answers as clients of registries expect it when they may not ask. */
    public void refuse(HttpServerRequest request, Problem problem, Map<String, String> headers) {
        answer(request, Scopes.NONE, asked -> {
            throw Refusal.unauthorized(problem.status(), problem.detail(), headers);
        });
    }

    private void answer(HttpServerRequest request, Scopes scopes, Function<Asked, Future<Void>> answering) {
        Asked asked = new Asked(new Reader(request), scopes);
        asked.response().putHeader(VERSION, VERSION_2);
        Future<Void> answered;
        try {
            answered = answering.apply(asked);
        } catch (RuntimeException e) {
            answered = Future.failedFuture(e);
        }
        underway.add(asked.reader(), answered.recover(thrown -> refuse(asked, thrown)));
    }

    private Future<Void> answer(Asked asked) {
        if (!asked.reads() && Incoming.mayCome(asked.request())) {
            // Until somebody wants its body.
            asked.request().pause();
        }
        Route route = Route.parse(asked.path());
        String method = asked.method().name();
        return switch (route) {
            case Route.Uploads(String name) -> uploading.uploads(asked, name);
            case Route.Upload(String name, String id) -> uploading.upload(asked, name, id);
            case Route.Manifest(String name, String reference)
            when method.equals("PUT") -> manifests.put(asked, name, reference);
            case Route.Manifest(String name, String reference)
            when method.equals("DELETE") -> manifests.delete(asked, name, reference);
            case Route.Manifest manifest -> read(asked, manifest, "GET, HEAD, PUT, DELETE");
            case Route.Blob blob when method.equals("DELETE") -> throw Refusal.unsupportedRemoval();
            case Route.Blob blob -> read(asked, blob, READS);
            case Route.Version version -> read(asked, version, READS);
            case Route.Catalog catalog -> read(asked, catalog, READS);
            case Route.Tags tags -> read(asked, tags, READS);
            case Route.Referrers referrers -> read(asked, referrers, READS);
        };
    }

    /** @param allowed what may be done with it */
    private Future<Void> read(Asked asked, Route.Read route, String allowed) {
        if (!asked.reads()) {
            throw Refusal.unsupportedMethod(asked.method().name(), allowed);
        }
        asked.requireNoBody();
        return switch (route) {
            case Route.Version version -> json(asked, Json.object());
            case Route.Catalog catalog -> names(asked);
            case Route.Tags tags -> tags(asked, tags.name());
            case Route.Referrers(String name, String digest) -> referrers(asked, name, digest);
            case Route.Manifest(String name, String reference) ->
                content(
                        asked,
                        () -> repositories.manifest(asked.scopes(), name, reference),
                        Refusal.manifestUnknown(name, reference));
            case Route.Blob(String name, String digest) ->
                content(
                        asked,
                        () -> repositories.blob(asked.scopes(), name, digest),
                        Refusal.blobUnknown(name, digest));
        };
    }

    private Future<Void> referrers(Asked asked, String name, String digest) {
        String type = asked.parameter("artifactType");
        String last = asked.parameter("last");
        return outgoing.disk(() -> repositories.referrers(
                        asked.scopes(), name, digest, type, last == null ? "" : last, listedNames, listedBytes))
                .compose(found -> {
                    if (type != null) {
                        asked.response().putHeader("OCI-Filters-Applied", "artifactType");
                    }
                    String rest = found.rest();
                    if (rest != null) {
                        String filter =
                                type == null ? "" : "&artifactType=" + URLEncoder.encode(type, StandardCharsets.UTF_8);
                        asked.response()
                                .putHeader("Link", "<" + asked.path() + "?last=" + rest + filter + ">; rel=\"next\"");
                    }
                    return text(asked, Json.write(found.json()), MediaType.Known.OCI_INDEX.toString());
                });
    }

    private Future<Void> tags(Asked asked, String name) {
        ObjectNode list = Json.object().put("name", name);
        return list(asked, list, "tags", page -> repositories.tags(asked.scopes(), name, page.last(), page.asked()));
    }

    private Future<Void> names(Asked asked) {
        return list(
                asked,
                Json.object(),
                "repositories",
                page -> repositories.names(asked.scopes(), page.last(), page.asked()));
    }

    private Future<Void> list(Asked asked, ObjectNode json, String member, Function<Page, List<String>> question) {
        Page page = page(asked.request());
        return outgoing.disk(() -> question.apply(page)).compose(found -> {
            ArrayNode names = json.putArray(member);
            page.of(found).forEach(names::add);
            String link = page.link(asked.path(), found);
            if (link != null) {
                asked.response().putHeader("Link", link);
            }
            return json(asked, json);
        });
    }

    private Page page(HttpServerRequest request) {
        try {
            return Page.of(request.getParam("last"), request.getParam("n"), listedNames);
        } catch (IllegalArgumentException e) {
            // Escapes that are none.
            throw Refusal.pageInvalid(String.valueOf(request.query()));
        }
    }

    /** @param removed the answer when it went away between question and answer */
    private Future<Void> content(Asked asked, Callable<Content> question, Refusal removed) {
        return outgoing.disk(question)
                .compose(content -> content(asked, content))
                .recover(thrown -> Future.failedFuture(Repositories.isGone(thrown) ? removed : thrown));
    }

    private Future<Void> content(Asked asked, Content content) {
        asked.response().putHeader("Docker-Content-Digest", content.digest().toString());
        return new Servable(
                        content.entityTag(),
                        content.mediaType().toString(),
                        content.size(),
                        () -> Bytes.of(repositories.open(content)))
                .answer(outgoing, asked.reader(), range -> Refusal.rangeInvalid(range, content.size()));
    }

    private static Future<Void> json(Asked asked, ObjectNode body) {
        return text(asked, Json.write(body), JSON);
    }

    private static Future<Void> text(Asked asked, byte[] json, String type) {
        HttpServerResponse response =
                asked.response().putHeader(CONTENT_TYPE, type).putHeader(CONTENT_LENGTH, Integer.toString(json.length));
        return asked.headOnly() ? asked.end() : asked.reader().takes(response.end(Buffer.buffer(json)));
    }

    /** The one place where a failure becomes an answer, or the end of one that has begun. */
    private static Future<Void> refuse(Asked asked, Throwable thrown) {
        HttpServerResponse response = asked.response();
        if (thrown instanceof Departure || asked.reader().gone().isComplete()) {
            asked.dropBody();
            return Future.succeededFuture();
        }
        Refusal refusal = refusal(thrown);
        if (refusal.status() >= FAULT && thrown != refusal) {
            String question = asked.request().method() + " " + asked.path();
            LOG.warn("{}", Failure.from(thrown).during(question).getMessage());
        }
        if (response.headWritten()) {
            return response.reset();
        }
        // What was said of the content is not true of this.
        response.setStatusCode(refusal.status()).headers().clear();
        response.putHeader(VERSION, VERSION_2).headers().addAll(refusal.headers());
        asked.reader().stopListening();
        asked.dropBody();
        return text(asked, refusal.body(), JSON);
    }

    private static Refusal refusal(Throwable thrown) {
        return switch (thrown) {
            case Refusal known -> known;
            case Stalled stalled -> Refusal.slow(String.valueOf(stalled.getMessage()));
            case Garbled garbled -> Refusal.bodyInvalid(String.valueOf(garbled.getMessage()));
            default -> Refusal.of(Failure.from(thrown));
        };
    }
}
