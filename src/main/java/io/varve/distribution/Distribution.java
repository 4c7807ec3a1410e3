package io.varve.distribution;

import static io.vertx.core.http.HttpHeaders.CONTENT_LENGTH;
import static io.vertx.core.http.HttpHeaders.CONTENT_TYPE;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.auth.Scopes;
import io.varve.failure.Failure;
import io.varve.failure.Problem;
import io.varve.http.Bytes;
import io.varve.http.Departure;
import io.varve.http.Framing;
import io.varve.http.Outgoing;
import io.varve.http.Reader;
import io.varve.http.Servable;
import io.varve.http.Underway;
import io.varve.oci.Json;
import io.varve.store.Store;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The OCI distribution API for those who only read (distribution-spec 1.1, end-1 to end-3, end-8a and end-8b), and the list of
 * repositories that Docker's registry has besides. Belongs to one event loop.
 */
public final class Distribution {
    private static final Logger LOG = LoggerFactory.getLogger(Distribution.class);
    private static final String VERSION = "Docker-Distribution-API-Version";
    private static final String VERSION_2 = "registry/2.0";
    private static final String JSON = "application/json";

    private final Repositories repositories;
    private final Outgoing outgoing;
    private final Underway underway;
    private final int listedNames;

    /**
     * @param name what the names of the images that are served begin with
     * @param listedNames the most tags or repositories of one answer
     */
    public Distribution(Store store, Supplier<String> name, Outgoing outgoing, Underway underway, int listedNames) {
        repositories = new Repositories(store, name);
        this.outgoing = outgoing;
        this.underway = underway;
        this.listedNames = listedNames;
    }

    /** A request that is being answered. */
    private record Asked(Reader reader, Scopes scopes) {
        HttpServerRequest request() {
            return reader.request();
        }

        HttpServerResponse response() {
            return reader.response();
        }

        /** As it was sent. */
        String path() {
            return Objects.requireNonNullElse(request().path(), "");
        }

        boolean headOnly() {
            return request().method().equals(HttpMethod.HEAD);
        }

        /** Ends an answer that has no body, or whose body is written. */
        Future<Void> end() {
            return reader.takes(response().end());
        }
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
        HttpMethod method = asked.request().method();
        if (!method.equals(HttpMethod.GET) && !asked.headOnly()) {
            throw Refusal.unsupportedMethod(method.name());
        }
        if (Framing.hasBody(asked.request())) {
            throw Refusal.unwantedBody();
        }
        return switch (Route.parse(asked.path())) {
            case Route.Version version -> json(asked, Json.object());
            case Route.Catalog catalog -> names(asked);
            case Route.Tags tags -> tags(asked, tags.name());
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
        return text(asked, Json.write(body));
    }

    private static Future<Void> text(Asked asked, byte[] json) {
        HttpServerResponse response =
                asked.response().putHeader(CONTENT_TYPE, JSON).putHeader(CONTENT_LENGTH, Integer.toString(json.length));
        return asked.headOnly() ? asked.end() : asked.reader().takes(response.end(Buffer.buffer(json)));
    }

    /** The one place where a failure becomes an answer, or the end of one that has begun. */
    private static Future<Void> refuse(Asked asked, Throwable thrown) {
        HttpServerResponse response = asked.response();
        if (thrown instanceof Departure || asked.reader().gone().isComplete()) {
            return Future.succeededFuture();
        }
        Refusal refusal = thrown instanceof Refusal known ? known : Refusal.of(Failure.from(thrown));
        if (refusal != thrown) {
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
        return text(asked, refusal.body());
    }
}
