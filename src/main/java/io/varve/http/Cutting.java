package io.varve.http;

import io.netty.channel.ChannelFuture;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.HttpServerConnection;

/** Ends connections whose other side may have stopped reading. */
final class Cutting {
    private Cutting() {}

    /** At once, without what was not sent yet; on the connection's event loop. */
    static void cut(HttpConnection connection) {
        // All that is public waits until the other side has taken what was written, and so for ever.
        ChannelFuture _ =
                ((HttpServerConnection) connection).channelHandlerContext().close();
    }
}
