package io.varve.benchmark;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetServer;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import java.util.ArrayDeque;
import java.util.Locale;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A server on the far side of a long and narrow line: whatever connects to it is connected to that server, and what either
 * says comes later by half of a round trip and no faster than a connection is allowed. What TLS and HTTP take of the line they take, since the bytes are
 * passed on as they are; a connection itself takes a round trip to come about.
 *
 * <pre>
 *   try (SlowLink link = SlowLink.open(vertx, new SlowLink.Line(200, 1_000_000), "127.0.0.1", 5000)) {
 *       … 127.0.0.1:link.port() …
 *   }
 * </pre>
 */
public final class SlowLink implements AutoCloseable {
    private static final int PATIENCE_S = 10;
    private static final int LEAST_ON_THE_WAY = 64 << 10;
    private static final long MILLISECOND = 1_000_000;

    private final NetServer server;
    private final int port;

    /**
     * What one connection is like.
     *
     * @param roundTripMillis 0 for none
     * @param bytesPerSecond each way; 0 for as many as come
     */
    public record Line(long roundTripMillis, long bytesPerSecond) {
        long delayNanos() {
            return roundTripMillis * MILLISECOND / 2;
        }

        long takesNanos(long bytes) {
            return bytesPerSecond == 0 ? 0 : bytes * 1_000_000_000L / bytesPerSecond;
        }

        /** More than a line holds is not read ahead of it, as its window would have it. */
        long mostOnTheWay() {
            return bytesPerSecond == 0
                    ? Long.MAX_VALUE
                    : Math.max(LEAST_ON_THE_WAY, bytesPerSecond * (roundTripMillis + 10) / 1000);
        }
    }

    private SlowLink(NetServer server) {
        this.server = server;
        port = server.actualPort();
    }

    /** @param port 0 for one that is free */
    private static Future<SlowLink> listen(Vertx vertx, Line line, int port, String host, int to) {
        NetClient client = vertx.createNetClient(new NetClientOptions().setTcpNoDelay(true));
        return vertx.createNetServer(new NetServerOptions()
                        .setHost("127.0.0.1")
                        .setPort(port)
                        .setTcpNoDelay(true))
                .connectHandler(near -> {
                    near.pause();
                    near.exceptionHandler(thrown -> {});
                    client.connect(to, host)
                            .onSuccess(far -> {
                                far.exceptionHandler(thrown -> {});
                                new Way(vertx, line, near, far, 2 * line.delayNanos());
                                new Way(vertx, line, far, near, 0);
                            })
                            .onFailure(thrown -> near.close());
                })
                .listen()
                .map(SlowLink::new);
    }

    /** To a server that listens there. */
    public static SlowLink open(Vertx vertx, Line line, String host, int port) throws TimeoutException {
        return listen(vertx, line, 0, host, port).await(PATIENCE_S, TimeUnit.SECONDS);
    }

    /** Of 127.0.0.1. */
    public int port() {
        return port;
    }

    @Override
    public void close() throws TimeoutException {
        server.close().await(PATIENCE_S, TimeUnit.SECONDS);
    }

    /** One direction of one connection. Belongs to the connection's event loop. */
    private static final class Way {
        private final Vertx vertx;
        private final Line line;
        private final NetSocket from;
        private final NetSocket to;
        private final Queue<Piece> pieces = new ArrayDeque<>();
        private long onTheWay;

        // When the line is free for the next byte.
        private long free;
        private boolean held;
        private boolean armed;
        private boolean ended;

        private record Piece(Buffer bytes, long due) {}

        Way(Vertx vertx, Line line, NetSocket from, NetSocket to, long beginning) {
            this.vertx = vertx;
            this.line = line;
            this.from = from;
            this.to = to;
            free = System.nanoTime() + beginning;
            from.handler(this::take);
            from.closeHandler(closed -> {
                ended = true;
                deliver();
            });
            from.resume();
        }

        private void take(Buffer bytes) {
            free = Math.max(free, System.nanoTime()) + line.takesNanos(bytes.length());
            pieces.add(new Piece(bytes, free + line.delayNanos()));
            onTheWay += bytes.length();
            deliver();
        }

        private void deliver() {
            long now = System.nanoTime();
            while (!pieces.isEmpty() && pieces.element().due <= now && !to.writeQueueFull()) {
                Buffer bytes = pieces.remove().bytes;
                onTheWay -= bytes.length();
                to.write(bytes);
            }
            hold(onTheWay > line.mostOnTheWay() || to.writeQueueFull());
            if (pieces.isEmpty()) {
                if (ended) {
                    to.close();
                }
            } else if (to.writeQueueFull()) {
                to.drainHandler(drained -> deliver());
            } else if (!armed) {
                armed = true;
                vertx.setTimer(Math.max(1, (pieces.element().due - now) / MILLISECOND), due -> {
                    armed = false;
                    deliver();
                });
            }
        }

        private void hold(boolean wanted) {
            if (wanted == held) {
                return;
            }
            held = wanted;
            if (held) {
                from.pause();
                to.drainHandler(drained -> deliver());
            } else {
                from.resume();
            }
        }
    }

    /** Arguments: a port to listen on, milliseconds of a round trip, bytes a second of a connection, and the server, as {@code host:port}. */
    public static void main(String[] arguments) throws Exception {
        Line line = new Line(Long.parseLong(arguments[1]), Long.parseLong(arguments[2]));
        int colon = arguments[3].lastIndexOf(':');
        String host = arguments[3].substring(0, colon);
        int port = Integer.parseInt(arguments[3].substring(colon + 1));
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
        SlowLink link =
                listen(vertx, line, Integer.parseInt(arguments[0]), host, port).await(PATIENCE_S, TimeUnit.SECONDS);
        System.out.printf(
                Locale.ROOT,
                "127.0.0.1:%d is %s, %d ms away, at %d bytes a second%n",
                link.port(),
                arguments[3],
                line.roundTripMillis(),
                line.bytesPerSecond());
    }
}
