package io.varve.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.impl.HttpServerConnection;

/** Ends connections whose other side may have stopped reading. */
final class Cutting {
    private Cutting() {}

    /** At once, without what was not sent yet; on the connection's event loop. */
    static void cut(HttpConnection connection) {
        cut(channel(connection));
    }

    /** The same. */
    static void cut(Channel channel) {
        // All that is public waits until the other side has taken what was written, and so for ever.
        ChannelHandlerContext first = channel.pipeline().firstContext();
        ChannelFuture _ = first == null ? channel.close() : first.close();
    }

    static ChannelHandlerContext context(HttpConnection connection) {
        return ((HttpServerConnection) connection).channelHandlerContext();
    }

    static Channel channel(HttpConnection connection) {
        return context(connection).channel();
    }
}
