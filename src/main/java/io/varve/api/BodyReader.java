package io.varve.api;

import io.varve.failure.Failure;
import io.varve.http.Departure;
import io.varve.http.Framing;
import io.varve.http.Incoming;
import io.varve.http.Reader;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.Arrays;
import java.util.Objects;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Takes JSON bodies in, so many bytes in such a time, and so many of all of them at once, and has them read where they keep nobody
 * waiting. Belongs to one event loop.
 */
final class BodyReader {
    private static final Pattern JSON = Pattern.compile("(?i)application/json[ \\t]*(;.*)?");

    /** A body of a megabyte may take seconds to be read and checked; one of this size takes some milliseconds at worst. */
    private static final int AT_ONCE = 8 << 10;

    private static final byte[] NOTHING = {};

    private final Context context;
    private final WorkerExecutor workers;
    private final int most;
    private final long mostOfAll;
    private final Duration patience;
    // Of all bodies that have not come to their end, or were not read yet.
    private long held;

    /**
     * @param workers read what is large
     * @param most bytes of one
     * @param mostOfAll bytes of those that are on their way
     * @param patience for all of a body
     */
    BodyReader(Context context, WorkerExecutor workers, int most, long mostOfAll, Duration patience) {
        this.context = context;
        this.workers = workers;
        this.most = most;
        this.mostOfAll = mostOfAll;
        this.patience = patience;
    }

    /** Bytes of one. */
    int most() {
        return most;
    }

    /** Counts bytes of a body that somebody else reads; whether there is room for them. */
    boolean hold(int bytes) {
        if (held + bytes > mostOfAll) {
            return false;
        }
        held += bytes;
        return true;
    }

    void release(int bytes) {
        held -= bytes;
    }

    Refused tooMany() {
        return Refused.manyBodies(mostOfAll);
    }

    /**
     * To be called before the event loop does anything else.
     *
     * @param reading makes something of all of it, which is empty when there is no body; called on the event loop, or on a worker where
     *     there is much to read. May throw
     * @return fails with what was wrong with the body too
     */
    <T> Future<T> read(Reader reader, Function<byte[], T> reading) {
        HttpServerRequest request = reader.request();
        boolean announced = Framing.hasBody(request);
        if (!Incoming.mayCome(request)) {
            return made(NOTHING, reading);
        }
        Refused wrongType = wrongType(request.getHeader(HttpHeaders.CONTENT_TYPE));
        // Before any of it is accepted.
        if (announced && wrongType != null) {
            return Future.failedFuture(wrongType);
        }
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        if (length != null && Long.parseLong(length) > most) {
            return Future.failedFuture(Refused.largeBody(most));
        }
        Incoming.welcome(request);
        return all(reader, wrongType, length == null ? most : Integer.parseInt(length), reading);
    }

    /** The same of a body that somebody else has taken in, and counts. */
    <T> Future<T> made(byte[] bytes, Function<byte[], T> reading) {
        return bytes.length > AT_ONCE
                ? workers.executeBlocking(() -> reading.apply(bytes), false).map(Objects::requireNonNull)
                : Future.succeededFuture(bytes).map(reading);
    }

    private static @Nullable Refused wrongType(@Nullable String type) {
        return type != null && JSON.matcher(type).matches() ? null : Refused.mediaType(type == null ? "none" : type);
    }

    /** @param bound of how long it may be, which is how long when that was announced */
    private <T> Future<T> all(Reader reader, @Nullable Refused wrongType, int bound, Function<byte[], T> reading) {
        HttpServerRequest request = reader.request();
        Taken taken = new Taken(bound);
        Promise<byte[]> all = Promise.promise();
        long timer = context.owner().setTimer(patience.toMillis(), passed -> all.tryFail(Refused.slowBody(patience)));
        request.handler(piece -> {
            if (all.future().isComplete()) {
                return;
            }
            if (wrongType != null && piece.length() > 0) {
                all.tryFail(wrongType);
            } else if (taken.length + piece.length() > most) {
                all.tryFail(Refused.largeBody(most));
            } else if (!taken.append(piece)) {
                all.tryFail(tooMany());
            }
        });
        reader.garbled().onSuccess(wrong -> all.tryFail(Failure.invalid("body: " + wrong.getMessage())));
        request.endHandler(end -> all.tryComplete(taken.bytes()));
        request.exceptionHandler(cut -> all.tryFail(new Departure()));
        return all.future()
                .onComplete(come -> context.owner().cancelTimer(timer))
                .compose(bytes -> made(bytes, reading))
                .onComplete(done -> release(taken.bytes.length));
    }

    /** What has come of a body. Memory for more is taken bit by bit: whoever announces much may never send it. */
    private final class Taken {
        /** Times what has come. */
        private static final int AHEAD = 8;

        private final int bound;
        private byte[] bytes = NOTHING;
        private int length;

        /** @param bound of what may come */
        Taken(int bound) {
            this.bound = bound;
        }

        /** Whether there is room for it. */
        boolean append(Buffer piece) {
            int wanted = length + piece.length();
            if (wanted > bytes.length && !grow(Math.clamp((long) wanted * AHEAD, wanted, bound)) && !grow(wanted)) {
                return false;
            }
            piece.getBytes(bytes, length);
            length = wanted;
            return true;
        }

        private boolean grow(int size) {
            if (!hold(size - bytes.length)) {
                return false;
            }
            bytes = Arrays.copyOf(bytes, size);
            return true;
        }

        byte[] bytes() {
            return length == bytes.length ? bytes : Arrays.copyOf(bytes, length);
        }
    }
}
