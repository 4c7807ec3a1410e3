package io.varve.distribution;

import io.varve.auth.Scopes;
import io.varve.http.Framing;
import io.varve.http.Incoming;
import io.varve.http.Reader;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A request that is being answered. */
record Asked(Reader reader, Scopes scopes) {
    private static final List<HttpMethod> READS = List.of(HttpMethod.GET, HttpMethod.HEAD);

    HttpServerRequest request() {
        return reader.request();
    }

    HttpServerResponse response() {
        return reader.response();
    }

    HttpMethod method() {
        return request().method();
    }

    /** As it was sent. */
    String path() {
        return Objects.requireNonNullElse(request().path(), "");
    }

    boolean headOnly() {
        return method().equals(HttpMethod.HEAD);
    }

    boolean reads() {
        return READS.contains(method());
    }

    @Nullable
    String parameter(String name) {
        try {
            return request().getParam(name);
        } catch (IllegalArgumentException e) {
            throw Refusal.parameterInvalid(String.valueOf(request().query()));
        }
    }

    /** Nothing is to come with it. */
    void requireNoBody() {
        if (Framing.hasBody(request())) {
            throw Refusal.unwantedBody();
        }
        dropBody();
    }

    /** Whatever comes of it, which waits until somebody wants it unless this only reads. */
    void dropBody() {
        if (!reads()) {
            Incoming.drop(request());
        }
    }

    /** Ends an answer that has no body, or whose body is written. */
    Future<Void> end() {
        return reader.takes(response().end());
    }

    /** An answer that has none. */
    Future<Void> end(int status) {
        response().setStatusCode(status);
        if (status != 204) {
            response().putHeader(HttpHeaders.CONTENT_LENGTH, "0");
        }
        return end();
    }
}
