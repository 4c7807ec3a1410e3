package io.varve.http;

import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.Http2ServerConnection;
import io.vertx.core.http.impl.HttpServerConnection;
import io.vertx.core.http.impl.HttpServerImpl;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.internal.VertxWrapper;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.impl.NetServerImpl;
import io.vertx.core.net.impl.NetServerInternal;
import java.util.concurrent.TimeUnit;

/** Servers for strangers. Vert.x tells of a connection when the first request's head has come; here it is known once it is accepted. */
public final class Listening extends VertxWrapper {
    /** Of a request's first line. A path in an image has 4096 bytes, each of which may be escaped. */
    private static final int LINE_BYTES = 16 << 10;

    /** Of the rest of its head. Tokens are long. */
    private static final int HEADER_BYTES = 16 << 10;

    /** Of one connection at once. */
    private static final int STREAMS = 100;

    /** Frames of HTTP/2 that cost little to send: resets in so many seconds, by either side, and parts of one head. */
    private static final int RESETS = 200;

    private static final int RESETS_S = 30;
    private static final int CONTINUATIONS = 16;

    private final Underway underway;

    private Listening(VertxInternal vertx, Underway underway) {
        super(vertx);
        this.underway = underway;
    }

    /** What a server for strangers takes; where it listens is to be added. */
    public static HttpServerOptions options() {
        return new HttpServerOptions()
                .setTcpNoDelay(true)
                .setMaxInitialLineLength(LINE_BYTES)
                .setMaxHeaderSize(HEADER_BYTES)
                .setInitialSettings(new Http2Settings()
                        .setMaxConcurrentStreams(STREAMS)
                        .setMaxHeaderListSize(LINE_BYTES + HEADER_BYTES))
                .setHttp2RstFloodMaxRstFramePerWindow(RESETS)
                .setHttp2RstFloodWindowDuration(RESETS_S)
                .setHttp2RstFloodWindowDurationTimeUnit(TimeUnit.SECONDS)
                .setHttp2MaxSmallContinuationFrames(CONTINUATIONS);
    }

    /**
     * @param options made of {@link #options}
     * @param requests hears of each request, once its head has come
     * @param nonsense hears of what is no request
     * @return a server that does not listen yet
     */
    public static HttpServer server(
            Vertx vertx,
            HttpServerOptions options,
            Underway underway,
            Handler<HttpServerRequest> requests,
            Handler<HttpServerRequest> nonsense) {
        return new HttpServerImpl(new Listening((VertxInternal) vertx, underway), options)
                .requestHandler(requests)
                .invalidRequestHandler(nonsense)
                .connectionHandler(connection -> {
                    // Else Vert.x itself answers those who speak another version.
                    ((HttpServerConnection) connection).handler(requests);
                    if (connection instanceof Http2ServerConnection) {
                        Chatter.watch(connection);
                    } else {
                        Dialogue.begin(connection);
                    }
                });
    }

    @Override
    public NetServerInternal createNetServer(NetServerOptions options) {
        return new NetServerImpl(delegate, options.copy()) {
            @Override
            public synchronized NetServerInternal connectHandler(Handler<NetSocket> handler) {
                return super.connectHandler(socket -> {
                    if (underway.accept(
                            ((NetSocketInternal) socket).channelHandlerContext().channel())) {
                        handler.handle(socket);
                    }
                });
            }
        };
    }
}
