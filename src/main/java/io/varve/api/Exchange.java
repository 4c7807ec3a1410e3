package io.varve.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.auth.Action;
import io.varve.auth.Caller;
import io.varve.auth.Scopes;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.http.Reader;
import io.varve.oci.Json;
import io.varve.oci.Reference;
import io.vertx.core.Future;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A question and its answer, of which there is one. Belongs to the connection's event loop. */
final class Exchange {
    private final RoutingContext routing;
    private final Caller caller;
    private final Reader reader;
    private final ObjectNode body;

    /** @param body empty when there was none */
    Exchange(RoutingContext routing, Caller caller, Reader reader, ObjectNode body) {
        this.routing = routing;
        this.caller = caller;
        this.reader = reader;
        this.body = body;
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
        return Gate.isLocal(request());
    }

    HttpServerRequest request() {
        return routing.request();
    }

    HttpServerResponse response() {
        return routing.response();
    }

    /** Whoever the answer is for. */
    Reader reader() {
        return reader;
    }

    boolean isHead() {
        return request().method().equals(HttpMethod.HEAD);
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
            Operation.requireOnce(routing, name);
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

    /** All lines of a header that is a list, as one (RFC 9110, 5.3); empty for none. */
    String list(String name) {
        return String.join(", ", request().headers().getAll(name));
    }

    Future<Void> answer(int status, ObjectNode json) {
        return answer(status, "application/json", Json.write(json));
    }

    Future<Void> answer(int status, String type, byte[] bytes) {
        return Answer.of(reader, status, type, bytes);
    }

    /** A failure becomes an answer, or the end of one that has begun. */
    Future<Void> refuse(Throwable thrown) {
        return Answer.refusal(reader, thrown);
    }
}
