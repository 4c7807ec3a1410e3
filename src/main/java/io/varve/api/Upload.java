package io.varve.api;

import io.netty.buffer.ByteBuf;
import io.varve.build.Inputs;
import io.varve.bus.Here;
import io.varve.bus.Pace;
import io.varve.bus.SlabSink;
import io.varve.bus.Slabs;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.http.Departure;
import io.varve.http.Incoming;
import io.varve.http.Multipart;
import io.varve.http.Patience;
import io.varve.http.Reader;
import io.varve.pipeline.Feed;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A spec with tars behind it on their way in, as {@code multipart/form-data}: the part {@code spec} first, then one for each tar. A part is read
 * when the build asks for it, and as fast as the build takes it; no more of it is here than one slab and what a socket gives at once. Belongs to
 * one event loop.
 */
final class Upload implements Inputs, Multipart.Parts {
    private static final String SPEC = "spec";
    private static final int MOST_PARTS = 1000;

    private final Context context;
    private final Reader reader;
    private final BodyReader bodies;
    private final long most;
    private final Pace pace;
    private final Multipart multipart;
    private final Queue<Runnable> heard = new ArrayDeque<>();
    private final Promise<byte[]> spec = Promise.promise();
    private final Promise<Void> done = Promise.promise();
    private final Map<String, Promise<Input>> asked = new HashMap<>();
    private Set<String> names = Set.of();
    private Buffer specBytes = Buffer.buffer();
    private long taken;
    private boolean specBegun;
    // That it was said which tars are to come.
    private final Promise<Void> told = Promise.promise();
    // What has to happen before more is heard.
    private Future<Void> before = Future.succeededFuture();
    private @Nullable Part part;

    /**
     * To be made before the event loop does anything else.
     *
     * @param most bytes of all of it ({@code limits.uploadBytes})
     * @param patience with whoever sends it
     */
    Upload(Context context, Reader reader, BodyReader bodies, long most, Patience patience) {
        this.context = context;
        this.reader = reader;
        this.bodies = bodies;
        this.most = most;
        pace = patience.pace();
        HttpServerRequest request = reader.request();
        request.pause();
        multipart =
                new Multipart(Multipart.boundary(String.valueOf(request.getHeader("Content-Type"))), MOST_PARTS, this);
        request.handler(this::take);
        request.endHandler(end -> take(null));
        request.exceptionHandler(cut -> fail(new Departure()));
        reader.gone().onFailure(this::fail);
        reader.garbled().onSuccess(wrong -> fail(Failure.invalid("body: " + wrong.getMessage())));
        long timer = context.owner()
                .setPeriodic(
                        patience.periodMillis(),
                        passed -> pace.verdict().ifPresent(slow -> fail(Refused.stalled("body: " + slow))));
        done.future().onComplete(over -> context.owner().cancelTimer(timer));
        Incoming.welcome(request);
        demand();
    }

    /** The part that comes first; nothing behind it is read before {@link #read}. */
    Future<byte[]> spec() {
        return spec.future();
    }

    /** Goes on: these are the tars that the spec names. */
    void read(Set<String> tars) {
        releaseSpec();
        names = tars;
        told.complete();
    }

    /** When all of it was read; fails also when nobody sends it any more. */
    @Override
    public Future<Void> whole() {
        return done.future();
    }

    /** Nobody wants the rest. */
    void stop() {
        fail(Failure.of(Category.CANCELLED, "nobody wants the rest of it"));
    }

    @Override
    public Future<Input> tar(String name) {
        Promise<Input> input = Promise.promise();
        context.runOnContext(now -> {
            if (done.future().failed()) {
                input.fail(done.future().cause());
            } else {
                wanted(name).future().onComplete(input);
            }
        });
        return input.future();
    }

    private Promise<Input> wanted(String name) {
        return asked.computeIfAbsent(name, first -> Promise.promise());
    }

    private void demand() {
        if (!done.future().isComplete()) {
            pace.wanted();
            reader.request().fetch(1);
        }
    }

    /** @param bytes null for the end */
    private void take(@Nullable Buffer bytes) {
        if (done.future().isComplete()) {
            return;
        }
        pace.received(bytes == null ? 0 : bytes.length());
        try {
            if (bytes == null) {
                multipart.finish();
                heard.add(this::finish);
            } else {
                taken += bytes.length();
                if (taken > most) {
                    throw Failure.exceeded("bytes of the body", taken, most, "limits.uploadBytes");
                }
                multipart.take(bytes);
            }
            hearNext();
        } catch (RuntimeException wrong) {
            fail(wrong);
        }
    }

    @Override
    public void begin(String name) {
        heard.add(() -> begun(name));
    }

    @Override
    public void data(Buffer bytes, int from, int to) {
        heard.add(() -> append(bytes, from, to));
    }

    @Override
    public void end() {
        heard.add(this::ended);
    }

    private void hearNext() {
        while (!done.future().isComplete() && before.succeeded() && !heard.isEmpty()) {
            try {
                heard.remove().run();
            } catch (RuntimeException wrong) {
                fail(wrong);
            }
        }
        if (!before.isComplete() || done.future().isComplete()) {
            return;
        }
        if (before.failed()) {
            fail(before.cause());
        } else {
            demand();
        }
    }

    /** Nothing more is heard until then. */
    private void await(Future<Void> what) {
        if (what.succeeded()) {
            return;
        }
        before = what;
        what.onComplete(over -> hearNext());
    }

    private void begun(String name) {
        if (!specBegun) {
            specBegun = true;
            if (!name.equals(SPEC)) {
                throw Failure.invalid("part " + name + ": wanted the part spec before all others");
            }
            return;
        }
        if (!names.contains(name)) {
            throw Failure.invalid("part " + name + ": the spec names no such tar"
                    + (name.equals(SPEC) ? ", and was there before" : ""));
        }
        Promise<Input> input = wanted(name);
        if (input.future().isComplete()) {
            throw Failure.invalid("part " + name + ": got it twice");
        }
        Part next = new Part();
        part = next;
        input.complete(new InputStream(next));
        await(Here.on(context, next.wanted.future()));
    }

    private void append(Buffer bytes, int from, int to) {
        Part into = part;
        if (into != null) {
            await(into.append(bytes, from, to));
            return;
        }
        if (!bodies.hold(to - from)) {
            throw bodies.tooMany();
        }
        specBytes.appendBuffer(bytes, from, to - from);
        if (specBytes.length() > bodies.most()) {
            throw Refused.largeBody(bodies.most());
        }
    }

    private void ended() {
        Part ending = part;
        if (ending != null) {
            part = null;
            await(ending.end());
            return;
        }
        spec.complete(specBytes.getBytes());
        await(told.future());
    }

    private void releaseSpec() {
        bodies.release(specBytes.length());
        specBytes = Buffer.buffer();
    }

    private void finish() {
        names.stream()
                .filter(name -> !wanted(name).future().isComplete())
                .findFirst()
                .ifPresent(missing -> {
                    throw Failure.invalid("part " + missing + ": got none, and the spec names it");
                });
        if (!spec.future().isComplete()) {
            throw Failure.invalid("body: got no part spec");
        }
        done.tryComplete();
    }

    private void fail(Throwable wrong) {
        if (!done.tryFail(wrong)) {
            return;
        }
        releaseSpec();
        heard.clear();
        Failure failure = wrong instanceof Departure
                ? Failure.of(Category.CANCELLED, "whoever sent it has gone")
                : wrong instanceof Refused refused ? refused.failure() : Failure.from(wrong);
        spec.tryFail(wrong);
        asked.values().forEach(input -> input.tryFail(failure));
        if (part != null) {
            part.fail(failure);
            part = null;
        }
        Incoming.drop(reader.request());
    }

    /** A tar that comes. */
    private final class Part implements Feed {
        private final Promise<Void> wanted = Promise.promise();
        private final Promise<Void> handed = Promise.promise();
        private @Nullable SlabSink sink;
        private @Nullable Context into;
        private @Nullable ByteBuf filling;

        @Override
        public Future<Void> into(SlabSink taker, Context at) {
            sink = taker;
            into = at;
            taker.broken().onFailure(handed::tryFail);
            wanted.complete();
            return Here.on(at, handed.future());
        }

        /** Completes when there is room for more. */
        Future<Void> append(Buffer bytes, int from, int to) {
            int at = from;
            Future<Void> room = Future.succeededFuture();
            while (at < to) {
                ByteBuf slab = filling == null ? Slabs.allocate() : filling;
                filling = slab;
                int count = Math.min(slab.writableBytes(), to - at);
                Slabs.append(slab, bytes, at, count);
                at += count;
                if (!slab.isWritable()) {
                    // One buffer of a socket never fills more than one.
                    room = hand();
                }
            }
            return room;
        }

        private Future<Void> hand() {
            ByteBuf full = filling;
            SlabSink taker = sink;
            Context at = into;
            if (full == null || taker == null || at == null) {
                throw new IllegalStateException("a part is read when somebody takes it");
            }
            filling = null;
            Promise<Void> room = Promise.promise();
            at.runOnContext(now -> {
                taker.hand(full);
                taker.ready().onComplete(room);
            });
            return Here.on(context, room.future());
        }

        Future<Void> end() {
            Future<Void> last = filling == null ? Future.succeededFuture() : hand();
            return last.onSuccess(room -> handed.tryComplete());
        }

        void fail(Failure failure) {
            if (filling != null) {
                filling.release();
                filling = null;
            }
            handed.tryFail(failure);
        }
    }
}
