package io.varve.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.bus.Pace;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.net.NetServer;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A body whose connection ends before it is written. */
class BodyIT {
    /** More than the kernel takes for a peer that does not read. */
    private static final int LENGTH = 16 << 20;

    @Test
    void whatTheConnectionFailsWithIsToldByTheAnswerAlone() throws Exception {
        Vertx vertx = Vertx.vertx();
        NetServer server = Setting.await(vertx.createNetServer()
                .connectHandler(socket -> socket.handler(some -> socket.close()))
                .listen(0, "127.0.0.1"));
        HttpClient client = vertx.createHttpClient();
        Buffer bytes = Buffer.buffer(new byte[LENGTH]);
        Pace pace = new Pace(System::nanoTime, Duration.ofSeconds(30), Duration.ofMinutes(1), 0, "rate");
        Promise<Boolean> told = Promise.promise();
        Promise<Void> closed = Promise.promise();
        Promise<Future<Void>> written = Promise.promise();
        Context context = vertx.getOrCreateContext();

        context.runOnContext(now -> client.request(HttpMethod.PUT, server.actualPort(), "127.0.0.1", "/")
                .onFailure(written::tryFail)
                .onSuccess(request -> {
                    request.putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(LENGTH));
                    request.connection().closeHandler(end -> closed.tryComplete());
                    request.response().onComplete(answer -> told.complete(answer.failed()));
                    written.complete(Body.of(bytes).into(request, pace));
                }));

        Future<Void> writing = Setting.await(written.future());
        assertThat(Setting.await(told.future())).isTrue();
        Setting.await(closed.future());
        // Behind whatever the end of the connection has led to.
        Setting.await(Future.<Void>future(turn -> context.runOnContext(turn::complete)));
        assertThat(writing.isComplete()).isFalse();
        Setting.await(vertx.close());
    }
}
