package io.varve.registry;

import io.varve.failure.Failure;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;

/** A body that is taken whole, up to a limit. */
final class SmallBody implements Response.Reader {
    /** Refusals longer than this say nothing of use in what follows. */
    private static final int DISCARDED = ErrorBody.LIMIT;

    /** What one buffer can hold. */
    private static final long LONGEST = Integer.MAX_VALUE - 8;

    private final Response response;
    private final long limit;
    private final String setting;
    private final Buffer body = Buffer.buffer();
    private final Promise<byte[]> whole = Promise.promise();

    private SmallBody(Response response, long limit, String setting) {
        this.response = response;
        this.limit = Math.min(limit, LONGEST);
        this.setting = setting;
    }

    /**
     * @param setting the limit's key, for the failure
     * @return fails as Exceeded as soon as the body is known to be longer than the limit
     */
    static Future<byte[]> read(Response response, long limit, String setting) {
        SmallBody reading = new SmallBody(response, limit, setting);
        long announced = length(response);
        if (announced > reading.limit) {
            response.drop();
            return Future.failedFuture(reading.exceeded(announced));
        }
        response.read(reading);
        response.demand();
        return reading.whole.future();
    }

    /** The body of a refusal or a redirect, for a message; empty when it is long, or cannot be had. */
    static Future<byte[]> readIfShort(Response response) {
        return read(response, DISCARDED, "").otherwise(new byte[0]);
    }

    /** The end of an answer to HEAD, which has no body, whatever it says of it. */
    static Future<Void> none(Response response) {
        SmallBody reading = new SmallBody(response, 0, "");
        response.read(reading);
        response.demand();
        return reading.whole.future().mapEmpty();
    }

    /** What the server says of the body's length; -1 for nothing, or for what is not a number. */
    static long length(Response response) {
        String text = response.headers().get("Content-Length");
        return text != null && text.matches("[0-9]{1,18}") ? Long.parseLong(text) : -1;
    }

    private Setback exceeded(long got) {
        return Setback.of(Setback.Kind.LASTING, Failure.exceeded("bytes of the answer", got, limit, setting));
    }

    @Override
    public void chunk(Buffer bytes) {
        long length = (long) body.length() + bytes.length();
        if (length > limit) {
            response.drop();
            whole.fail(exceeded(length));
            return;
        }
        body.appendBuffer(bytes);
        response.demand();
    }

    @Override
    public void end() {
        whole.complete(body.getBytes());
    }

    @Override
    public void cut(Setback setback) {
        whole.fail(setback);
    }
}
