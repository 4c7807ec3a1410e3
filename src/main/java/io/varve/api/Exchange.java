package io.varve.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.auth.Action;
import io.varve.auth.Caller;
import io.varve.auth.Scopes;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.failure.Problem;
import io.varve.http.Departure;
import io.varve.oci.Json;
import io.varve.oci.Reference;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A question and its answer, of which there is one. Belongs to the connection's event loop. */
final class Exchange {
    private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);

    private final RoutingContext routing;
    private final Caller caller;
    private final ObjectNode body;
    private final Promise<Void> gone = Promise.promise();

    /** @param body empty when there was none */
    Exchange(RoutingContext routing, Caller caller, ObjectNode body) {
        this.routing = routing;
        this.caller = caller;
        this.body = body;
        response().exceptionHandler(gone::tryFail);
        response().closeHandler(closed -> gone.tryFail(new Departure()));
    }

    /** Whose everything is that he asked for. */
    String caller() {
        return caller.name();
    }

    Scopes scopes() {
        return caller.scopes();
    }

    /**
     * For what need not be there yet.
     *
     * @throws Failure Unauthorized when he may not do it to images of that name
     */
    void require(Action action, Reference name) {
        if (!scopes().allow(action, name)) {
            throw Failure.of(Category.UNAUTHORIZED, "wanted a scope " + action + ":" + name.name());
        }
    }

    /** Whether it came by the socket of the store: from somebody who may do to that what he likes. */
    boolean isLocal() {
        return request().connection().localAddress().isDomainSocket();
    }

    HttpServerRequest request() {
        return routing.request();
    }

    HttpServerResponse response() {
        return routing.response();
    }

    /** Fails when nobody waits for the answer any more. */
    Future<Void> gone() {
        return gone.future();
    }

    boolean isHead() {
        return request().method().equals(HttpMethod.HEAD);
    }

    private boolean isHttp1() {
        return switch (request().version()) {
            case HTTP_1_0, HTTP_1_1 -> true;
            case HTTP_2 -> false;
        };
    }

    ObjectNode body() {
        return body;
    }

    /** A part of the path, decoded. */
    String path(String name) {
        String value = routing.pathParam(name);
        if (value == null) {
            throw new IllegalStateException("the route has no " + name);
        }
        return value;
    }

    /** Null when it was not given. */
    @Nullable
    String query(String name) {
        return routing.queryParams().get(name);
    }

    /** For what the contract does not describe. */
    void allowQueries(Set<String> names) {
        for (String name : routing.queryParams().names()) {
            if (!names.contains(name)) {
                throw Failure.invalid("there is no parameter " + name);
            }
        }
    }

    /** As the contract has checked it. */
    int query(String name, int otherwise) {
        String value = query(name);
        return value == null ? otherwise : Integer.parseInt(value);
    }

    @Nullable
    String header(String name) {
        return request().getHeader(name);
    }

    Future<Void> answer(int status, ObjectNode json) {
        return answer(status, "application/json", Json.write(json));
    }

    Future<Void> answer(int status, String type, byte[] bytes) {
        response()
                .setStatusCode(status)
                .putHeader(HttpHeaders.CONTENT_TYPE, type)
                .putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(bytes.length));
        return Departure.of(isHead() ? response().end() : response().end(Buffer.buffer(bytes)));
    }

    /** The one place where a failure becomes an answer, or the end of one that has begun. */
    Future<Void> refuse(Throwable thrown) {
        if (thrown instanceof Departure || gone.future().isComplete()) {
            return Future.succeededFuture();
        }
        Failure failure = Failure.from(thrown);
        Problem problem = thrown instanceof Refused refused ? refused.problem() : Problem.of(failure);
        if (problem.status() == 500) {
            LOG.error("{} {}", request().method(), request().path(), thrown);
            problem = new Problem(problem.status(), problem.title(), problem.category(), "see the log of the service");
        }
        if (response().headWritten()) {
            return response().reset();
        }
        response().headers().clear();
        ObjectNode json = problem.toJson();
        if (thrown instanceof Refused refused) {
            refused.headers().forEach(response()::putHeader);
            refused.facts().forEach(json::put);
        }
        if (!request().isEnded() && isHttp1()) {
            // What is still to come is not read, and would be taken for the next request.
            response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
        }
        return answer(problem.status(), "application/problem+json", Json.write(json))
                .otherwiseEmpty();
    }
}
