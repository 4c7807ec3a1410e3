package io.varve.registry;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * How much may be under way at one host at once. Who comes too late waits in line: every caller has a line of its own, and
 * the lines take turns, so that one who asks for a thousand blobs does not keep out another who asks for one. Safe for any
 * thread; nobody waits for a lock longer than it takes to move a queue.
 */
final class Limiter {
    /** So many are not spared: whoever comes then need not wait for one who could have done without. */
    static final int KEPT = 1;

    private final Vertx vertx;
    private final Runnable left;

    /** Those that are held and those that are free. */
    private int permits;

    private int free;

    /** The lines that are not empty, the one whose turn is next at the front. */
    private final Map<String, Queue<Waiter>> lines = new LinkedHashMap<>();

    private record Waiter(Context context, Promise<Permit> promise) {}

    /** @param left called whenever somebody is done who had acquired */
    Limiter(Vertx vertx, int permits, Runnable left) {
        this.vertx = vertx;
        this.left = left;
        this.permits = permits;
        free = permits;
    }

    /** What one holds who is under way. To close it again changes nothing. */
    final class Permit implements AutoCloseable {
        private final AtomicBoolean closed = new AtomicBoolean();

        @Override
        public void close() {
            if (closed.compareAndSet(false, true)) {
                release();
                left.run();
            }
        }

        /** So many may be under way at that host, if that is more than were thought to: it was found out from being there. */
        void raise(int most) {
            int more;
            synchronized (Limiter.this) {
                more = Math.max(0, most - permits);
                permits += more;
            }
            for (int i = 0; i < more; i++) {
                release();
            }
        }
    }

    /** @return completes on the caller's context when it is the caller's turn */
    Future<Permit> acquire(String caller) {
        synchronized (this) {
            if (free == 0) {
                Waiter waiter = new Waiter(vertx.getOrCreateContext(), Promise.promise());
                lines.computeIfAbsent(caller, key -> new ArrayDeque<>()).add(waiter);
                return waiter.promise.future();
            }
            free--;
        }
        return Future.succeededFuture(new Permit());
    }

    /** For whoever does without if none is free, and does not wait. */
    Optional<Permit> spare() {
        synchronized (this) {
            if (free <= KEPT) {
                return Optional.empty();
            }
            free--;
        }
        return Optional.of(new Permit());
    }

    private void release() {
        Waiter next;
        synchronized (this) {
            Iterator<Map.Entry<String, Queue<Waiter>>> turns = lines.entrySet().iterator();
            if (!turns.hasNext()) {
                free++;
                return;
            }
            Map.Entry<String, Queue<Waiter>> turn = turns.next();
            String caller = turn.getKey();
            Queue<Waiter> line = turn.getValue();
            next = line.remove();
            turns.remove();
            if (!line.isEmpty()) {
                lines.put(caller, line);
            }
        }
        next.context.runOnContext(ignored -> next.promise.complete(new Permit()));
    }
}
