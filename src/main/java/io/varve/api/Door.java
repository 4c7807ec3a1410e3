package io.varve.api;

import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.varve.failure.Failure;
import io.varve.http.Framing;
import io.varve.http.Reader;
import io.varve.http.Underway;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;

/**
 * Where strangers come in: a request that two readers could read differently, that is none, or that is one too many is answered here and
 * goes nowhere. Belongs to one event loop.
 */
final class Door implements Handler<HttpServerRequest> {
    /** Whoever watches over the process is answered however much there is to do: else he would end it. */
    private static final String LIVE = "/health/live";

    /** Those that something is asked by. */
    private static final String METHODS = "DELETE, GET, HEAD, PATCH, POST, PUT";

    private final Handler<HttpServerRequest> inside;
    private final Underway underway;
    private final int most;

    /** @param most requests that are answered at once */
    Door(Handler<HttpServerRequest> inside, Underway underway, int most) {
        this.inside = inside;
        this.underway = underway;
        this.most = most;
    }

    @Override
    public void handle(HttpServerRequest request) {
        try {
            if (request.version() == null) {
                throw Refused.version();
            }
            if (request.method().equals(HttpMethod.CONNECT)) {
                // There is no path then, and what follows would be for somebody else.
                throw Refused.method(HttpMethod.CONNECT.name(), METHODS);
            }
            Framing.check(request);
        } catch (RuntimeException wrong) {
            dismiss(request, wrong);
            return;
        }
        try {
            if (underway.size() >= most && !LIVE.equals(request.path())) {
                throw Refused.busy(most);
            }
            if (!Face.isRegistry(request)) {
                Target.check(request.uri());
            }
        } catch (RuntimeException wrong) {
            Reader reader = new Reader(request);
            underway.add(reader, Answer.refusal(reader, wrong));
            return;
        }
        inside.handle(request);
    }

    /** For what is no request of HTTP/1; with HTTP/2 it has no answer. */
    void nonsense(HttpServerRequest request) {
        dismiss(request, wrong(request.decoderResult().cause()));
    }

    private static RuntimeException wrong(@Nullable Throwable cause) {
        return switch (cause) {
            case TooLongHttpLineException line -> Refused.longLine();
            case TooLongHttpHeaderException header -> Refused.largeHead();
            case null, default ->
                Failure.invalid("request: " + (cause == null ? "it is none" : String.valueOf(cause.getMessage())));
        };
    }

    /** Whoever is not understood now is not listened to any more. */
    private void dismiss(HttpServerRequest request, RuntimeException wrong) {
        Reader reader = new Reader(request);
        reader.hangUp();
        underway.add(reader, Answer.refusal(reader, wrong));
    }
}
