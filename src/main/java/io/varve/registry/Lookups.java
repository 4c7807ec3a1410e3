package io.varve.registry;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Names that a resolver is asked for, which blocks for as long as it likes: on threads of its own, so that names nobody knows
 * anything of keep no one waiting but those who look up names. Any thread.
 */
final class Lookups implements Names {
    /** They wait for servers and do nothing. */
    static final int THREADS = 16;

    private static final int IDLE_S = 10;

    private final Vertx vertx;
    private final Resolver resolver;
    private final Duration patience;
    private final LongSupplier clock;
    private final ThreadPoolExecutor threads;

    /** By name: what one has begun, the others who want the same wait for as well. */
    private final ConcurrentMap<String, Lookup> going = new ConcurrentHashMap<>();

    /** Blocks. */
    @FunctionalInterface
    interface Resolver {
        InetAddress[] resolve(String host) throws UnknownHostException;
    }

    private static final class Lookup {
        private final Promise<List<InetAddress>> found = Promise.promise();

        /** When somebody asked last; changes only with the map's entry. */
        private long asked;
    }

    /**
     * @param patience how long those who ask wait before they are told that it took too long; what comes to its turn later is
     *     not begun any more
     * @param clock as {@link System#nanoTime}
     */
    Lookups(Vertx vertx, Resolver resolver, Duration patience, LongSupplier clock) {
        this.vertx = vertx;
        this.resolver = resolver;
        this.patience = patience;
        this.clock = clock;
        // None of Vert.x, which would end with the verticle of whoever is the first to need a registry.
        threads = new ThreadPoolExecutor(
                THREADS,
                THREADS,
                IDLE_S,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                Thread.ofPlatform().daemon().name("varve-names-", 0).factory());
        threads.allowCoreThreadTimeOut(true);
    }

    @Override
    public Future<List<InetAddress>> resolve(String host) {
        Context context = vertx.getOrCreateContext();
        Promise<List<InetAddress>> here = Promise.promise();
        Future<List<InetAddress>> found;
        try {
            found = going.compute(host, this::asked).found.future();
        } catch (RejectedExecutionException closed) {
            return Future.failedFuture(cancelled());
        }
        // A future's own timeout would tell it on a thread that is nobody's, as this future has no context.
        long timer = vertx.setTimer(
                patience.toMillis(),
                late -> here.tryFail(
                        new TimeoutException("no address of " + host + " for " + patience.toMillis() / 1000.0 + " s")));
        found.onComplete(done -> context.runOnContext(now -> {
            vertx.cancelTimer(timer);
            if (done.succeeded()) {
                here.tryComplete(done.result());
            } else {
                here.tryFail(done.cause());
            }
        }));
        return here.future();
    }

    private Lookup asked(String host, @Nullable Lookup there) {
        Lookup lookup = there;
        if (lookup == null) {
            Lookup next = new Lookup();
            threads.execute(() -> look(host, next));
            lookup = next;
        }
        lookup.asked = clock.getAsLong();
        return lookup;
    }

    private void look(String host, Lookup lookup) {
        if (going.computeIfPresent(host, (name, there) -> isLate(there) ? null : there) == null) {
            lookup.found.tryFail(new TimeoutException("its turn to be looked up did not come in time"));
            return;
        }
        try {
            List<InetAddress> found = List.of(resolver.resolve(host));
            going.remove(host, lookup);
            lookup.found.tryComplete(found);
        } catch (Throwable thrown) {
            going.remove(host, lookup);
            lookup.found.tryFail(thrown);
        }
    }

    private boolean isLate(Lookup lookup) {
        return clock.getAsLong() - lookup.asked > patience.toNanos();
    }

    /** Whoever waits is told; what the resolver is at ends when it does. */
    @Override
    public void close() {
        threads.shutdown();
        going.values().forEach(lookup -> lookup.found.tryFail(cancelled()));
        threads.shutdownNow();
    }

    private static Failure cancelled() {
        return Failure.of(Category.CANCELLED, "the registry client was closed");
    }
}
