package io.varve.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpConnection;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * A connection of HTTP/1, on which each request waits until the one before it is answered. Vert.x lets them wait as well, but leaks what
 * it keeps for them when the connection ends, and ends it without a word when a body is not as it was announced; here whoever reads
 * that body is told, and can answer. Belongs to the connection's event loop.
 */
final class Dialogue extends ChannelInboundHandlerAdapter {
    /** Parts of requests that wait before no more is read. */
    private static final int MOST_WAITING = 64;

    private final ChannelHandlerContext server;
    // What came behind the request that is being answered.
    private final Deque<Object> waiting = new ArrayDeque<>();
    private boolean answering;
    private boolean handing;
    // Whether it is for what waits here that nothing more is read, and not because Vert.x wants no more.
    private boolean held;
    // Of whoever reads a body now.
    private @Nullable Promise<Throwable> reading;

    private Dialogue(ChannelHandlerContext server) {
        this.server = server;
    }

    /** To be called once for each connection of HTTP/1. */
    static void begin(HttpConnection connection) {
        ChannelHandlerContext server = Cutting.context(connection);
        server.pipeline().addBefore(server.name(), "dialogue", new Dialogue(server));
    }

    private static @Nullable Dialogue on(Channel channel) {
        return channel.pipeline().get(Dialogue.class);
    }

    /** Completes with what is wrong with the body that is read now; never, when nothing is. */
    static Future<Throwable> garbled(HttpConnection connection) {
        Promise<Throwable> reading = Promise.promise();
        Dialogue dialogue = on(Cutting.channel(connection));
        if (dialogue != null) {
            dialogue.reading = reading;
        }
        return reading.future();
    }

    /** Nothing is held for the request any more, so that the next one may come; of HTTP/2 too, where they do not wait. */
    static void answered(Channel channel) {
        Dialogue dialogue = on(channel);
        if (dialogue != null) {
            dialogue.answering = false;
            dialogue.goOn();
        }
    }

    private void goOn() {
        ChannelHandlerContext here = server.pipeline().context(this);
        if (handing || waiting.isEmpty() || here == null) {
            return;
        }
        if (!here.channel().isActive()) {
            // Its end was not told yet; what is handed on now would be kept for ever.
            release();
            return;
        }
        // Before, since Vert.x may want no more of what it is given now, and does not say so twice.
        letGo();
        handing = true;
        while (!waiting.isEmpty() && !mustWait(waiting.element())) {
            hand(here, waiting.remove());
        }
        handing = false;
        hold();
        here.fireChannelReadComplete();
    }

    private boolean mustWait(Object message) {
        return answering && message instanceof HttpRequest;
    }

    private void hold() {
        ChannelConfig config = server.channel().config();
        if (waiting.size() >= MOST_WAITING && config.isAutoRead()) {
            held = true;
            config.setAutoRead(false);
        }
    }

    private void letGo() {
        if (held) {
            held = false;
            server.channel().config().setAutoRead(true);
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext here, Object message) {
        if (waiting.isEmpty() && !mustWait(message)) {
            hand(here, message);
        } else {
            waiting.add(message);
            hold();
        }
    }

    private void hand(ChannelHandlerContext here, Object message) {
        answering |= message instanceof HttpRequest;
        Promise<Throwable> told = reading;
        if (told != null
                && message instanceof HttpContent content
                && content.decoderResult().isFailure()) {
            reading = null;
            ReferenceCountUtil.release(content);
            told.complete(content.decoderResult().cause());
        } else {
            here.fireChannelRead(message);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext here) {
        release();
        here.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext here) {
        release();
    }

    private void release() {
        waiting.forEach(ReferenceCountUtil::release);
        waiting.clear();
    }
}
