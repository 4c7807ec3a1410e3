package io.varve.registry;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.PemKeyCertOptions;
import java.util.List;

/** One request of HTTP/2. Belongs to the connection's event loop. */
final class Http2Front {
    /** INTERNAL_ERROR, as servers have it that fell over. */
    private static final long RESET_CODE = 2;

    private static final int PIECE = 16 * 1024;

    private final Asked asked;
    private final Context context;
    private final HttpServerRequest request;
    private final HttpServerResponse response;

    private Http2Front(Asked asked, Context context, HttpServerRequest request) {
        this.asked = asked;
        this.context = context;
        this.request = request;
        response = request.response();
    }

    static Future<FakeServer.Front> listen(Vertx vertx, FakeServer server, PemKeyCertOptions identity) {
        HttpServerOptions options = new HttpServerOptions()
                .setHost("127.0.0.1")
                .setPort(0)
                .setSsl(true)
                .setUseAlpn(true)
                .setAlpnVersions(List.of(HttpVersion.HTTP_2, HttpVersion.HTTP_1_1))
                .setKeyCertOptions(identity);
        return vertx.createHttpServer(options)
                .connectionHandler(connection -> {
                    server.opened();
                    connection.closeHandler(closed -> server.closed());
                })
                .exceptionHandler(thrown -> {})
                .requestHandler(request -> request.body().onSuccess(body -> {
                    Asked asked = new Asked(request.method(), request.uri(), request.headers(), body);
                    new Http2Front(asked, vertx.getOrCreateContext(), request).answer(server.reply(asked));
                }))
                .listen()
                .map(listening -> {
                    server.listensOn(listening.actualPort());
                    return listening::close;
                });
    }

    private void answer(FakeReply reply) {
        response.exceptionHandler(thrown -> {});
        response.setStatusCode(reply.status());
        reply.headers().forEach(response::putHeader);
        if (reply.framing() instanceof FakeReply.Framing.Length length) {
            response.putHeader("Content-Length", Long.toString(length.bytes()));
        }
        int length = reply.body().length;
        switch (reply.delivery()) {
            case FakeReply.Delivery.Silence _ -> {}
            case FakeReply.Delivery.CutHead _ -> response.reset(RESET_CODE);
            case FakeReply.Delivery.Cut cut ->
                body(reply, 0, Math.min(cut.after(), length), PIECE).onSuccess(written -> response.reset(RESET_CODE));
            case FakeReply.Delivery.GoAway away ->
                body(reply, 0, Math.min(away.after(), length), PIECE).onSuccess(written -> {
                    request.connection().goAway(0, 0);
                    request.connection().close();
                });
            case FakeReply.Delivery.Stall stall -> {
                int before = Math.min(stall.after(), length);
                body(reply, 0, before, PIECE)
                        .compose(written -> stall.until())
                        .compose(released -> body(reply, before, length, PIECE))
                        .compose(written -> response.end());
            }
            case FakeReply.Delivery.Drip _ -> body(reply, 0, length, 1).compose(written -> response.end());
            case FakeReply.Delivery.Whole _ -> body(reply, 0, length, PIECE).compose(written -> response.end());
        }
    }

    private Future<Void> body(FakeReply reply, int from, int to, int piece) {
        Promise<Void> done = Promise.promise();
        next(reply, from, to, piece, done);
        return done.future();
    }

    private void next(FakeReply reply, int from, int to, int piece, Promise<Void> done) {
        if (from == to) {
            (response.headWritten() ? Future.<Void>succeededFuture() : response.writeHead()).onComplete(done);
            return;
        }
        int end = Math.min(from + piece, to);
        response.write(Buffer.buffer().appendBytes(reply.body(), from, end - from))
                .onFailure(done::fail)
                .onSuccess(written -> {
                    asked.sent(end - from);
                    context.runOnContext(turn -> next(reply, end, to, piece, done));
                });
    }
}
