package io.varve.http;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import org.jspecify.annotations.Nullable;

/**
 * Whoever an answer is for: whether he is still there, and whether he takes what is written to him. Belongs to the connection's event
 * loop.
 */
public final class Reader {
    /** Why a stream of HTTP/2 is reset. */
    private static final long NO_ERROR = 0;

    private static final long CANCEL = 8;

    private final HttpServerRequest request;
    private final Promise<Void> gone = Promise.promise();

    // What was written and not taken yet, and since when nothing of it was taken, in nanoseconds of the system.
    private int untaken;
    private long since;
    // Whether the stream was reset because nothing was taken.
    private boolean reset;
    // The end of the connection, when more comes than is read.
    private @Nullable Lingering lingering;

    public Reader(HttpServerRequest request) {
        this.request = request;
        request.response().exceptionHandler(gone::tryFail);
        request.response().closeHandler(closed -> gone.tryFail(new Departure()));
    }

    public HttpServerRequest request() {
        return request;
    }

    public HttpServerResponse response() {
        return request.response();
    }

    /** Fails when nobody waits for the answer any more. */
    public Future<Void> gone() {
        return gone.future();
    }

    /** Whether he brings a body, for what needs none. One that was not announced cuts him off when it comes. */
    public boolean bringsBody() {
        if (Framing.hasBody(request)) {
            return true;
        }
        if (!request.isEnded()) {
            request.handler(piece -> {
                if (piece.length() > 0) {
                    Future<Void> _ = response().reset(CANCEL);
                }
            });
        }
        return false;
    }

    /** For whoever reads the body: completes with what is wrong when it is not as it was announced. */
    public Future<Throwable> garbled() {
        return Dialogue.garbled(request.connection());
    }

    /**
     * All that is written to him goes through here, so that somebody notices when he does not take it.
     *
     * @return when he, or rather the system, has taken it; fails with a {@link Departure} when he never will
     */
    public Future<Void> takes(Future<Void> written) {
        if (untaken++ == 0) {
            since = System.nanoTime();
        }
        return written.transform(done -> {
            untaken--;
            since = System.nanoTime();
            return done.succeeded() ? Future.succeededFuture() : Future.failedFuture(new Departure());
        });
    }

    /** Whether something waits for him to take it. */
    public boolean isBehind() {
        return untaken > 0;
    }

    /** Cuts him off if he has taken nothing for that long: what was kept for him is free then. */
    void expire(long now, long idleNanos) {
        if (untaken == 0 || now - since < idleNanos) {
            return;
        }
        if (reset || !Framing.isHttp2(request)) {
            Cutting.cut(request.connection());
        } else {
            // Others on that connection may read. What is behind the stream's window is free at once, and the rest by
            // the next time.
            reset = true;
            Future<Void> _ = response().reset(CANCEL);
        }
    }

    /**
     * Nothing more of the request is read: to be called before the answer that says why. Where another request would come behind it, the
     * connection ends with the answer.
     */
    public void stopListening() {
        if (lingering != null || (Framing.hasBody(request) && !request.isEnded())) {
            hangUp();
        }
    }

    /** The same, whatever the request says about its end. */
    public void hangUp() {
        if (!Framing.isHttp2(request)) {
            response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
            lingering = lingering == null ? Lingering.begin(request.connection()) : lingering;
        }
    }

    /** He has his answer, or has gone. */
    void part() {
        if (lingering != null) {
            lingering.answered();
        } else if (Framing.isHttp2(request)
                && !request.isEnded()
                && !gone.future().isComplete()) {
            // The rest of the request is for nobody.
            Future<Void> _ = response().reset(NO_ERROR);
        }
    }
}
