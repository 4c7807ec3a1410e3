package io.varve.registry;

import io.varve.bus.Pace;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;

/** What a request carries. It may be sent again, after it was stopped or all of it was sent. */
interface Body {
    /** In bytes. */
    long length();

    /**
     * In bytes: what is complete with it, which may be more than it carries. Whoever takes it hashes all of that, and moves it to where it
     * stays, before he answers.
     */
    default long completes() {
        return length();
    }

    /**
     * Completes when some of it is there to be written, before which it would only be in the way of others; fails with a {@link Setback} when
     * there is nothing to be written any more.
     */
    Future<Void> ready();

    /**
     * Writes it to a request, whose headers say how long it is, and ends that.
     *
     * @param pace hears what is wanted of the server, which is to take what is written
     * @return completes when it is written; fails with a {@link Setback} when there is nothing to be written any more. What the
     *     connection fails with is told by the request's answer and not here
     */
    Future<Void> into(HttpClientRequest request, Pace pace);

    /** Writes no more to the request. */
    void stop();

    static Body of(Buffer bytes) {
        return new Body() {
            @Override
            public long length() {
                return bytes.length();
            }

            @Override
            public Future<Void> ready() {
                return Future.succeededFuture();
            }

            @Override
            public Future<Void> into(HttpClientRequest request, Pace pace) {
                Promise<Void> written = Promise.promise();
                pace.wanted();
                request.end(bytes).onSuccess(taken -> {
                    pace.received(bytes.length());
                    written.complete();
                });
                return written.future();
            }

            @Override
            public void stop() {
                // It is with the connection already.
            }
        };
    }
}
