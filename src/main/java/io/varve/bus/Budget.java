package io.varve.bus;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import java.util.Optional;

/**
 * The memory that work in progress may take, of the whole process: whoever begins something reserves first what that will
 * need from end to end, and waits until there is room for it. So what has begun can always be finished, and what waits
 * holds nothing.
 *
 * <p>Those who wait are let in by turns, one of each <i>party</i> (a pull, a build) after the other, each party's in their
 * order. Who needs more room than there is just then is passed over by those who need less, but not for ever.
 *
 * <p>A <i>place</i> where the bytes come from (a registry) gets no more than is still free behind it: half of everything when
 * it is alone, and however many of its flows are stuck, others find room.
 *
 * <p>Safe for any thread. Futures complete on whichever thread gave the room.
 */
public final class Budget {

    /** Memory that was reserved; {@link #close} gives it back, once. */
    public interface Reservation extends AutoCloseable {
        @Override
        void close();
    }

    /** How many may pass over one that lacks room; then they wait until it has it. */
    private static final int MOST_PASSING = 32;

    private record Waiting(Object party, String place, long bytes, Promise<Reservation> promise) {}

    private final long bytes;

    // Everything below is guarded by this.
    private long held;
    private final Map<String, Long> heldByPlace = new HashMap<>();
    // By party; who was served last is at the end.
    private final Map<Object, Deque<Waiting>> waiting = new LinkedHashMap<>();
    // By how many those were passed over that lacked room when it was their turn.
    private final IdentityHashMap<Waiting, Integer> passed = new IdentityHashMap<>();

    /** @param bytes in all ({@code limits.budgetBytes}) */
    public Budget(long bytes) {
        this.bytes = bytes;
    }

    public synchronized long held() {
        return held;
    }

    /** In all. */
    public long size() {
        return bytes;
    }

    /** How many wait for room. */
    public synchronized int waiting() {
        return waiting.values().stream().mapToInt(Deque::size).sum();
    }

    /**
     * @param wanted bytes; more than there are in all is taken for all of them
     * @param until when it completes before there was room, the reservation fails as Cancelled and holds nothing
     */
    public Future<Reservation> reserve(Object party, String place, long wanted, Future<?> until) {
        Waiting asked = new Waiting(party, place, Math.clamp(wanted, 0, bytes), Promise.promise());
        synchronized (this) {
            waiting.computeIfAbsent(party, first -> new ArrayDeque<>()).add(asked);
        }
        admit();
        until.onComplete(over -> giveUp(asked));
        return asked.promise().future();
    }

    /**
     * For whoever does without if there is none: never waits, and takes nothing while somebody does.
     *
     * @param place where the bytes come from, that holds no more afterwards than is then free
     * @return empty when there is no room just now
     */
    public Optional<Reservation> spare(String place, long wanted) {
        Waiting asked = new Waiting(this, place, Math.max(wanted, 0), Promise.promise());
        synchronized (this) {
            long ofPlace = heldByPlace.getOrDefault(place, 0L);
            if (!waiting.isEmpty() || ofPlace + asked.bytes() > bytes - held - asked.bytes()) {
                return Optional.empty();
            }
            hold(asked);
        }
        return Optional.of(new Held(asked));
    }

    private void giveUp(Waiting asked) {
        boolean waited;
        synchronized (this) {
            Deque<Waiting> others = waiting.get(asked.party());
            waited = others != null && others.remove(asked);
            if (others != null && others.isEmpty()) {
                waiting.remove(asked.party());
            }
            passed.remove(asked);
        }
        if (waited) {
            // Somebody may have been held back for it.
            admit();
            asked.promise().fail(Failure.of(Category.CANCELLED, "stopped while waiting for memory"));
        }
    }

    /** Promises are kept outside the lock: whoever hears of one may come back at once. */
    private void admit() {
        List<Waiting> admitted = new ArrayList<>();
        synchronized (this) {
            while (admitOne(admitted)) {
                // Until nobody fits.
            }
        }
        admitted.forEach(each -> each.promise().complete(new Held(each)));
    }

    private boolean admitOne(List<Waiting> admitted) {
        List<Waiting> lacking = new ArrayList<>();
        Iterator<Entry<Object, Deque<Waiting>>> parties = waiting.entrySet().iterator();
        while (parties.hasNext()) {
            Entry<Object, Deque<Waiting>> party = parties.next();
            Waiting first = party.getValue().element();
            if (fits(first)) {
                party.getValue().remove();
                parties.remove();
                if (!party.getValue().isEmpty()) {
                    waiting.put(party.getKey(), party.getValue());
                }
                hold(first);
                admitted.add(first);
                passed.remove(first);
                lacking.forEach(each -> passed.merge(each, 1, Integer::sum));
                return true;
            }
            if (first.bytes() > bytes - held) {
                if (passed.getOrDefault(first, 0) >= MOST_PASSING) {
                    return false;
                }
                lacking.add(first);
            }
        }
        return false;
    }

    private void hold(Waiting asked) {
        held += asked.bytes();
        heldByPlace.merge(asked.place(), asked.bytes(), Long::sum);
    }

    private boolean fits(Waiting asked) {
        long free = bytes - held;
        long ofPlace = heldByPlace.getOrDefault(asked.place(), 0L);
        // Whoever holds nothing yet is let in wherever there is room at all, however large a part of it that takes.
        return asked.bytes() <= free && (ofPlace == 0 || ofPlace + asked.bytes() <= free);
    }

    private final class Held implements Reservation {
        private final Waiting of;
        // Guarded by the budget.
        private boolean closed;

        Held(Waiting of) {
            this.of = of;
        }

        @Override
        public void close() {
            synchronized (Budget.this) {
                if (closed) {
                    return;
                }
                closed = true;
                held -= of.bytes();
                heldByPlace.merge(of.place(), -of.bytes(), (a, b) -> a + b == 0 ? null : a + b);
            }
            admit();
        }
    }
}
