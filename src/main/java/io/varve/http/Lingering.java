package io.varve.http;

import io.netty.buffer.ByteBufHolder;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.ScheduledFuture;
import io.vertx.core.Future;
import io.vertx.core.http.HttpConnection;
import java.util.concurrent.TimeUnit;

/**
 * The end of a connection of HTTP/1 on which more comes than is read. From its beginning on nothing that comes is a request; the last
 * answer is followed by the end of our side; and what the other side sends until it has seen that is dropped, for so long. Were it left
 * unread, the system would reset the connection, and the answer would be lost on its way. Belongs to the connection's event loop.
 */
final class Lingering extends ChannelInboundHandlerAdapter {
    private static final long MOST_MILLIS = 2000;
    private static final long MOST_BYTES = 16L << 20;

    private final ChannelHandlerContext server;
    private final ScheduledFuture<?> end;
    private long dropped;

    private Lingering(ChannelHandlerContext server) {
        this.server = server;
        end = server.executor().schedule(() -> Cutting.cut(server.channel()), MOST_MILLIS, TimeUnit.MILLISECONDS);
    }

    static Lingering begin(HttpConnection connection) {
        ChannelHandlerContext server = Cutting.context(connection);
        Lingering lingering = new Lingering(server);
        server.pipeline().addBefore(server.name(), "lingering", lingering);
        // What was read behind the request and waits for its turn is not to have one.
        Future<Void> _ = connection.shutdown(MOST_MILLIS, TimeUnit.MILLISECONDS);
        return lingering;
    }

    /** The last answer was sent. */
    void answered() {
        if (server.channel() instanceof DuplexChannel channel && channel.isActive()) {
            SslHandler tls = channel.pipeline().get(SslHandler.class);
            ChannelFuture told = tls == null ? channel.newSucceededFuture() : tls.closeOutbound();
            ChannelFuture _ = told.addListener(done -> {
                ChannelFuture _ = channel.shutdownOutput();
            });
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof ByteBufHolder holder) {
            dropped += holder.content().readableBytes();
        }
        ReferenceCountUtil.release(message);
        if (dropped > MOST_BYTES) {
            Cutting.cut(context.channel());
        }
    }

    /** What was wrong with a request that nobody reads concerns nobody; the connection ends without. */
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {}

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        end.cancel(false);
        context.fireChannelInactive();
    }
}
