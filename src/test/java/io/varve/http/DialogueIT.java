package io.varve.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is read of a connection on which somebody does not wait for answers. */
class DialogueIT {
    private static final int MOST_MILLIS_WITHOUT_PROGRESS = 500;
    private static final long MORE_THAN_SOCKETS_HOLD = 64 << 20;

    private final Vertx vertx = Vertx.vertx();
    private final Promise<Void> answer = Promise.promise();
    // Gets the request whose body is not read.
    private final Promise<HttpServerRequest> unread = Promise.promise();
    private HttpServer server;

    /** Answers to GET when it is told to, and reads the body of no POST. */
    @BeforeEach
    void serve() throws Exception {
        server = await(vertx.createHttpServer()
                .connectionHandler(Dialogue::begin)
                .requestHandler(request -> {
                    if (request.method().equals(HttpMethod.POST)) {
                        unread.complete(request.pause());
                        return;
                    }
                    answer.future()
                            .compose(now -> request.response().end("answer"))
                            .onSuccess(ended -> Dialogue.answered(Cutting.channel(request.connection())));
                })
                .listen(0, "127.0.0.1"));
    }

    @AfterEach
    void close() throws Exception {
        await(vertx.close());
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
    }

    @Test
    void readsNoMoreOfABodyThatNobodyTakesOnceItsTurnHasCome() throws Exception {
        try (SocketChannel client = SocketChannel.open(
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), server.actualPort()));
                Selector writable = Selector.open()) {
            client.configureBlocking(false);
            client.register(writable, SelectionKey.OP_WRITE);
            String requests = "GET / HTTP/1.1\r\nHost: here\r\n\r\n"
                    + "POST / HTTP/1.1\r\nHost: here\r\nContent-Length: " + Long.MAX_VALUE + "\r\n\r\n";
            client.write(ByteBuffer.wrap(requests.getBytes(US_ASCII)));

            assertThat(written(client, writable)).isLessThan(MORE_THAN_SOCKETS_HOLD);
            vertx.runOnContext(now -> answer.complete());
            assertThat(written(client, writable)).isLessThan(MORE_THAN_SOCKETS_HOLD);
            // What Vert.x has of it when the connection ends, it would keep for ever.
            await(unread.future().map(HttpServerRequest::resume));
        }
    }

    /** How much can be written before the other side takes no more, or what is too much. */
    private static long written(SocketChannel client, Selector writable) throws IOException {
        ByteBuffer body = ByteBuffer.allocateDirect(64 << 10);
        long written = 0;
        while (written < MORE_THAN_SOCKETS_HOLD && writable.select(MOST_MILLIS_WITHOUT_PROGRESS) > 0) {
            writable.selectedKeys().clear();
            written += client.write(body.clear());
        }
        return written;
    }
}
