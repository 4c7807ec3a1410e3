package io.varve.registry;

import io.varve.bus.Pace;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpHeaders;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One request, from its first byte to the first of its answer. An answer may come before the body has ended; then the rest is not
 * sent, and the connection is of no more use behind it. Owned by the context that asks.
 */
final class Sending {
    private static final long LARGE = 1 << 20;

    private final Vertx vertx;
    private final HttpClientRequest request;
    private final @Nullable Body body;
    private final NetworkOptions network;
    private final Pace pace;
    private final Promise<HttpClientResponse> answer = Promise.promise();
    private @Nullable Ticker ticker;
    private long timer = -1;
    private boolean whole;

    /** @param body null for none */
    Sending(Vertx vertx, HttpClientRequest request, @Nullable Body body, NetworkOptions network, Time time) {
        this.vertx = vertx;
        this.request = request;
        this.body = body;
        this.network = network;
        pace = network.pace(time);
    }

    /** Called once. Completes in the very callback that received the response; fails with a {@link Setback}. */
    Future<HttpClientResponse> answer(long tickMillis) {
        if (body == null) {
            whole = true;
            patience(network.idleTimeout());
            end(request.send());
            return answer.future();
        }
        request.putHeader(HttpHeaders.CONTENT_LENGTH, Long.toString(body.length()));
        Ticker ticking = new Ticker(vertx, tickMillis, () -> pace.verdict().ifPresent(this::giveUp));
        ticker = ticking;
        end(request.response());
        body.into(request, pace).onComplete(sent -> {
            if (sent.failed()) {
                fail(sent.cause());
                return;
            }
            whole = true;
            if (!answer.future().isComplete()) {
                ticking.close();
                patience(body.completes() > LARGE ? network.patience() : network.idleTimeout());
            }
        });
        return answer.future();
    }

    /** Whether all of the request was sent. */
    boolean isWhole() {
        return whole;
    }

    private void end(Future<HttpClientResponse> response) {
        response.onComplete(answered -> {
            close();
            if (answered.succeeded()) {
                answer.tryComplete(answered.result());
            } else {
                answer.tryFail(Setback.cut(answered.cause()));
            }
        });
    }

    private void patience(Duration longest) {
        timer = vertx.setTimer(
                longest.toMillis(), ignored -> giveUp("no answer for " + longest.toMillis() / 1000.0 + " s"));
    }

    private void giveUp(String why) {
        fail(Setback.of(Setback.Kind.PASSING, Failure.of(Category.UNAVAILABLE, why)));
    }

    private void fail(Throwable thrown) {
        close();
        if (answer.tryFail(thrown)) {
            request.reset();
        }
    }

    private void close() {
        if (ticker != null) {
            ticker.close();
        }
        vertx.cancelTimer(timer);
        if (body != null) {
            body.stop();
        }
    }
}
