package io.varve.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Failure;
import io.varve.http.Departure;
import io.varve.oci.Json;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** Takes JSON bodies in, so many bytes in so many seconds. Belongs to one event loop. */
final class BodyReader {
    private static final Pattern JSON = Pattern.compile("(?i)application/json[ \\t]*(;.*)?");

    /** For all of the body: such a small one comes at once or never. */
    private static final long PATIENCE_S = 10;

    private final Context context;
    private final int most;

    /** @param most bytes */
    BodyReader(Context context, int most) {
        this.context = context;
        this.most = most;
    }

    /**
     * To be called before the event loop does anything else.
     *
     * @return an object without members when there is no body and none is needed; fails with what was wrong with it
     */
    Future<ObjectNode> read(HttpServerRequest request, boolean needed) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        boolean there = length == null ? isStreamed(request) : !length.equals("0");
        if (!there) {
            return needed
                    ? Future.failedFuture(Failure.invalid("body: got none, wanted a JSON object"))
                    : Future.succeededFuture(Json.object());
        }
        String type = request.getHeader(HttpHeaders.CONTENT_TYPE);
        if (type == null || !JSON.matcher(type).matches()) {
            return Future.failedFuture(Refused.mediaType(type == null ? "none" : type));
        }
        // Before any of it is accepted.
        if (length != null && isMore(length)) {
            return Future.failedFuture(Refused.largeBody(most));
        }
        if ("100-continue".equalsIgnoreCase(request.getHeader(HttpHeaders.EXPECT))) {
            request.response().writeContinue();
        }
        return all(request).map(bytes -> Json.read(bytes.getBytes(), most));
    }

    /** HTTP/2 need not say how much there is, and a question without a body has ended by then. */
    private static boolean isStreamed(HttpServerRequest request) {
        return request.getHeader(HttpHeaders.TRANSFER_ENCODING) != null || (!request.isEnded() && isHttp2(request));
    }

    private static boolean isHttp2(HttpServerRequest request) {
        return switch (request.version()) {
            case HTTP_2 -> true;
            case HTTP_1_0, HTTP_1_1 -> false;
        };
    }

    private boolean isMore(String length) {
        try {
            return Long.parseLong(length) > most;
        } catch (NumberFormatException e) {
            return true;
        }
    }

    private Future<Buffer> all(HttpServerRequest request) {
        Buffer bytes = Buffer.buffer();
        Promise<Buffer> all = Promise.promise();
        long timer = context.owner()
                .setTimer(TimeUnit.SECONDS.toMillis(PATIENCE_S), passed -> all.tryFail(Refused.slowBody(PATIENCE_S)));
        request.handler(piece -> {
            if (all.future().isComplete()) {
                return;
            }
            if (bytes.length() + piece.length() > most) {
                all.tryFail(Refused.largeBody(most));
            } else {
                bytes.appendBuffer(piece);
            }
        });
        request.endHandler(end -> all.tryComplete(bytes));
        request.exceptionHandler(cut -> all.tryFail(new Departure()));
        return all.future().onComplete(done -> context.owner().cancelTimer(timer));
    }
}
