package io.varve.registry;

import io.varve.bus.Pace;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.vertx.core.MultiMap;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientResponse;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What a server answers: the head, and the body as it is asked for. It holds a connection and a permit until it ended, broke
 * off, or was dropped, one of which every response must come to. Owned by the context that asked.
 */
final class Response {
    private final HttpClientResponse response;
    private final Router.Guide server;
    private final Limiter.Permit permit;
    private final Pace pace;
    private final Ticker ticker;
    private final BooleanSupplier whole;

    private @Nullable Reader reader;
    private boolean over;

    // What came before there was a reader.
    private boolean ended;
    private @Nullable Setback cut;

    /** Who takes the body. After one of the last two, and after {@link #drop}, nothing is called any more. */
    interface Reader {
        void chunk(Buffer bytes);

        void end();

        /** The body broke off, or its server gives too little. */
        void cut(Setback setback);
    }

    /**
     * Called in the very callback that received the response, as a body that nobody asked to wait is lost.
     *
     * @param server who answers, as one who may say where to go on
     * @param permit closed with this
     * @param whole whether all of the request was sent
     */
    Response(
            Vertx vertx,
            HttpClientResponse response,
            Router.Guide server,
            Limiter.Permit permit,
            Pace pace,
            long tickMillis,
            BooleanSupplier whole) {
        response.pause();
        this.response = response;
        this.server = server;
        this.permit = permit;
        this.pace = pace;
        this.whole = whole;
        response.handler(this::chunk);
        response.endHandler(ignored -> end());
        response.exceptionHandler(thrown -> cut(Setback.cut(thrown)));
        ticker = new Ticker(vertx, tickMillis, this::tick);
    }

    int status() {
        return response.statusCode();
    }

    MultiMap headers() {
        return response.headers();
    }

    /** Who answers: after redirects not who was asked. */
    Origin origin() {
        return server.origin();
    }

    Router.Guide server() {
        return server;
    }

    /** Sets who takes the body, once. Nothing comes before {@link #demand}, but what has ended already says so at once. */
    void read(Reader taker) {
        reader = taker;
        if (cut != null) {
            taker.cut(cut);
        } else if (ended) {
            taker.end();
        }
    }

    /** Asks for one more chunk, of 64 KiB at the most. */
    void demand() {
        if (!over) {
            pace.wanted();
            response.fetch(1);
        }
    }

    /** No more of it is wanted: the connection is ended, if the body has not been. */
    void drop() {
        if (!over) {
            finish();
            abandon();
        }
    }

    /**
     * A connection that stands still has read ahead into buffers of the pool, and Vert.x gives them back to who takes them
     * only, though the connection has ended.
     */
    private void abandon() {
        response.request().reset();
        response.resume();
    }

    private void chunk(Buffer bytes) {
        if (!over && reader != null) {
            pace.received(bytes.length());
            reader.chunk(bytes);
        }
    }

    private void end() {
        if (!over) {
            ended = true;
            finish();
            if (!whole.getAsBoolean()) {
                response.request().reset();
            }
            if (reader != null) {
                reader.end();
            }
        }
    }

    private void cut(Setback setback) {
        if (!over) {
            cut = setback;
            finish();
            abandon();
            if (reader != null) {
                reader.cut(setback);
            }
        }
    }

    private void tick() {
        pace.verdict().ifPresent(verdict -> {
            cut(Setback.of(Setback.Kind.PASSING, Failure.of(Category.UNAVAILABLE, verdict)));
        });
    }

    private void finish() {
        over = true;
        ticker.close();
        permit.close();
    }
}
