package io.varve.registry;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.PemKeyCertOptions;
import org.jspecify.annotations.Nullable;

/**
 * One connection of HTTP/1.1, written by hand, so that it can be wrong at every byte. One request at a time: the next one
 * waits until the answer is out. Belongs to the connection's event loop.
 */
final class Http1Front {
    private static final String END_OF_HEAD = "\r\n\r\n";
    private static final int PIECE = 16 * 1024;

    /** What a connection starts with whose client took us for a server with TLS. */
    private static final byte TLS_HANDSHAKE = 22;

    private final FakeServer server;
    private final Vertx vertx;
    private final NetSocket socket;

    /** What came and was not looked at yet. */
    private Buffer pending = Buffer.buffer();

    private boolean answering;

    /** The rest of a body is not listened to. */
    private boolean deaf;

    private Http1Front(FakeServer server, Vertx vertx, NetSocket socket) {
        this.server = server;
        this.vertx = vertx;
        this.socket = socket;
    }

    static Future<FakeServer.Front> listen(Vertx vertx, FakeServer server, @Nullable PemKeyCertOptions identity) {
        NetServerOptions options = new NetServerOptions().setHost("127.0.0.1").setPort(0);
        if (identity != null) {
            options.setSsl(true).setKeyCertOptions(identity);
        }
        return vertx.createNetServer(options)
                .connectHandler(socket -> {
                    server.opened();
                    Http1Front connection = new Http1Front(server, vertx, socket);
                    // A client that hangs up is what half of the tests are about.
                    socket.exceptionHandler(thrown -> {})
                            .closeHandler(closed -> server.closed())
                            .handler(connection::received);
                })
                .listen()
                .map(listening -> {
                    server.listensOn(listening.actualPort());
                    return listening::close;
                });
    }

    private void received(Buffer more) {
        if (deaf) {
            return;
        }
        pending.appendBuffer(more);
        if (pending.getByte(0) == TLS_HANDSHAKE) {
            socket.end(Buffer.buffer("HTTP/1.1 400 Bad Request\r\nConnection: close" + END_OF_HEAD));
        } else {
            next();
        }
    }

    private void next() {
        if (answering) {
            return;
        }
        String text = pending.toString(ISO_8859_1);
        int end = text.indexOf(END_OF_HEAD);
        if (end < 0) {
            return;
        }
        String[] lines = text.substring(0, end).split("\r\n", -1);
        MultiMap headers = MultiMap.caseInsensitiveMultiMap();
        for (int i = 1; i < lines.length; i++) {
            int colon = lines[i].indexOf(':');
            headers.add(
                    lines[i].substring(0, colon), lines[i].substring(colon + 1).strip());
        }
        String length = headers.get("Content-Length");
        int bodyStart = end + END_OF_HEAD.length();
        int whole = length == null ? 0 : Integer.parseInt(length);
        String[] words = lines[0].split(" ", -1);
        int heard = server.heard(words[0] + " " + words[1], whole);
        int bodyEnd = bodyStart + heard;
        if (pending.length() < bodyEnd) {
            return;
        }
        if (heard < whole) {
            server.heardOnly(words[0] + " " + words[1], heard);
            deaf = true;
        }
        Asked asked = new Asked(HttpMethod.valueOf(words[0]), words[1], headers, pending.getBuffer(bodyStart, bodyEnd));
        pending = pending.getBuffer(bodyEnd, pending.length());
        answering = true;
        answer(asked, server.reply(asked));
    }

    private void answer(Asked asked, FakeReply reply) {
        Buffer head = head(reply);
        boolean bodiless = asked.method().equals(HttpMethod.HEAD) || reply.status() == 204 || reply.status() == 304;
        int length = bodiless ? 0 : reply.body().length;
        switch (reply.delivery()) {
            case FakeReply.Delivery.CutHead cut ->
                socket.write(head.getBuffer(0, Math.min(cut.after(), head.length())))
                        .onComplete(written -> socket.close());
            case FakeReply.Delivery.Silence _ -> {}
            case FakeReply.Delivery.Cut cut -> cut(asked, reply, head, Math.min(cut.after(), length));
            case FakeReply.Delivery.GoAway away -> cut(asked, reply, head, Math.min(away.after(), length));
            case FakeReply.Delivery.Stall stall -> {
                int before = Math.min(stall.after(), length);
                write(asked, reply, head, 0, before)
                        .compose(written -> stall.until())
                        .compose(released -> body(asked, reply, before, length, PIECE))
                        .onSuccess(written -> finish(reply, bodiless));
            }
            case FakeReply.Delivery.Drip _ ->
                socket.write(head)
                        .compose(written -> body(asked, reply, 0, length, 1))
                        .onSuccess(written -> finish(reply, bodiless));
            case FakeReply.Delivery.Whole _ ->
                write(asked, reply, head, 0, Math.min(length, PIECE))
                        .compose(written -> body(asked, reply, Math.min(length, PIECE), length, PIECE))
                        .onSuccess(written -> finish(reply, bodiless));
        }
    }

    private void cut(Asked asked, FakeReply reply, Buffer head, int after) {
        write(asked, reply, head, 0, Math.min(after, PIECE))
                .compose(written -> body(asked, reply, Math.min(after, PIECE), after, PIECE))
                .onComplete(written -> socket.close());
    }

    /** The body from here to there, piece by piece, each once the last one was taken. */
    private Future<Void> body(Asked asked, FakeReply reply, int from, int to, int piece) {
        Promise<Void> done = Promise.promise();
        next(asked, reply, from, to, piece, done);
        return done.future();
    }

    private void next(Asked asked, FakeReply reply, int from, int to, int piece, Promise<Void> done) {
        if (from == to) {
            done.complete();
            return;
        }
        int end = Math.min(from + piece, to);
        write(asked, reply, Buffer.buffer(), from, end)
                .onFailure(done::fail)
                .onSuccess(written -> later(piece, () -> next(asked, reply, end, to, piece, done)));
    }

    /** In a turn of its own, which keeps the stack flat and lets the loop do other things; a drop has its time. */
    private void later(int piece, Runnable next) {
        if (piece == 1) {
            vertx.setTimer(1, timer -> next.run());
        } else {
            vertx.runOnContext(turn -> next.run());
        }
    }

    private Future<Void> write(Asked asked, FakeReply reply, Buffer first, int from, int to) {
        if (from < to) {
            boolean chunk = reply.framing() instanceof FakeReply.Framing.Chunked;
            if (chunk) {
                first.appendString(Integer.toHexString(to - from) + "\r\n");
            }
            first.appendBytes(reply.body(), from, to - from);
            if (chunk) {
                first.appendString("\r\n");
            }
        }
        return socket.write(first).onSuccess(written -> asked.sent(to - from));
    }

    private void finish(FakeReply reply, boolean bodiless) {
        boolean last =
                switch (reply.framing()) {
                    case FakeReply.Framing.Length length -> !bodiless && length.bytes() > reply.body().length;
                    case FakeReply.Framing.UntilClose _ -> true;
                    case FakeReply.Framing.Chunked _ -> {
                        if (!bodiless) {
                            socket.write("0" + END_OF_HEAD);
                        }
                        yield false;
                    }
                };
        if (last || deaf || "close".equals(reply.headers().get("Connection"))) {
            socket.close();
        } else {
            answering = false;
            next();
        }
    }

    private static Buffer head(FakeReply reply) {
        StringBuilder text = new StringBuilder("HTTP/1.1 " + reply.status() + " Whatever\r\n");
        reply.headers().forEach((name, value) -> text.append(name + ": " + value + "\r\n"));
        switch (reply.framing()) {
            case FakeReply.Framing.Length length -> text.append("Content-Length: " + length.bytes() + "\r\n");
            case FakeReply.Framing.Chunked _ -> text.append("Transfer-Encoding: chunked\r\n");
            case FakeReply.Framing.UntilClose _ -> text.append("Connection: close\r\n");
        }
        return Buffer.buffer(text + "\r\n", "ISO-8859-1");
    }
}
