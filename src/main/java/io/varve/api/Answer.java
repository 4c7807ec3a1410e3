package io.varve.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Failure;
import io.varve.failure.Problem;
import io.varve.http.Departure;
import io.varve.http.Garbled;
import io.varve.http.Reader;
import io.varve.http.Stalled;
import io.varve.oci.Json;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers that are said in one go. */
final class Answer {
    private static final Logger LOG = LoggerFactory.getLogger(Answer.class);
    private static final int INTERNAL = 500;

    private Answer() {}

    static Future<Void> of(Reader reader, int status, String type, byte[] bytes) {
        HttpServerResponse response = reader.response()
                .setStatusCode(status)
                .putHeader(HttpHeaders.CONTENT_TYPE, type)
                .putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(bytes.length));
        boolean headOnly = reader.request().method().equals(HttpMethod.HEAD);
        return reader.takes(headOnly ? response.end() : response.end(Buffer.buffer(bytes)));
    }

    /** The one place where a failure becomes an answer, or the end of one that has begun. */
    static Future<Void> refusal(Reader reader, Throwable thrown) {
        if (thrown instanceof Departure || reader.gone().isComplete()) {
            return Future.succeededFuture();
        }
        Throwable reason = told(thrown);
        Problem problem = problem(reader.request(), reason);
        HttpServerResponse response = reader.response();
        if (response.headWritten()) {
            return response.reset();
        }
        response.headers().clear();
        ObjectNode json = problem.toJson();
        if (reason instanceof Refused refused) {
            refused.headers().forEach(response::putHeader);
            refused.facts().forEach(json::put);
        }
        reader.stopListening();
        return of(reader, problem.status(), "application/problem+json", Json.write(json))
                .otherwiseEmpty();
    }

    /** As we say what has to do with the body. */
    private static Throwable told(Throwable thrown) {
        return switch (thrown) {
            case Stalled stalled -> Refused.stalled(String.valueOf(stalled.getMessage()));
            case Garbled garbled -> Failure.invalid(String.valueOf(garbled.getMessage()));
            default -> thrown;
        };
    }

    private static Problem problem(HttpServerRequest request, Throwable thrown) {
        Problem problem = thrown instanceof Refused refused ? refused.problem() : Problem.of(Failure.from(thrown));
        if (problem.status() != INTERNAL) {
            return problem;
        }
        LOG.error("{} {}", request.method(), request.path(), thrown);
        return new Problem(problem.status(), problem.title(), problem.category(), "see the log of the service");
    }
}
