package io.varve.bus;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Map.Entry;
import java.util.Optional;
import java.util.Set;

/**
 * The memory that work in progress may take, of the whole process: whoever begins something reserves first what that will
 * need from end to end, and waits until there is room for it. So what has begun can always be finished, and what waits
 * holds nothing.
 *
 * <p>Those who wait are let in by turns, one of each <i>party</i> (a pull, a build) after the other, each party's in their
 * order. Who needs more room than there is just then is passed over by those who need less, but not for ever: then all wait until
 * it has it, or only those of its place when that has too much.
 *
 * <p>A <i>place</i> where the bytes come from (a registry) gets no more than is still free behind it: half of everything when
 * it is alone; and no request is taken for more than half. So however many flows of one place are stuck, and for however long,
 * every request of another place finds room in the end: once those of the others have ended, at the latest.
 *
 * <p>Safe for any thread. Futures complete on whichever thread gave the room.
 */
public final class Budget {

    /** Memory that was reserved; {@link #close} gives it back, once. */
    public interface Reservation extends AutoCloseable {
        @Override
        void close();
    }

    /** How many may pass over one for whom there is no room; then they wait until it has it. */
    private static final int MOST_PASSING = 32;

    private record Waiting(Object party, String place, long bytes, Promise<Reservation> promise) {}

    private final long bytes;
    private final long most;

    // Everything below is guarded by this.
    private long held;
    private final Map<String, Long> heldByPlace = new HashMap<>();
    // By party; who was served last is at the end.
    private final Map<Object, Deque<Waiting>> waiting = new LinkedHashMap<>();
    // By how many those were passed over for whom there was no room when it was their turn.
    private final IdentityHashMap<Waiting, Integer> passed = new IdentityHashMap<>();

    /** @param bytes in all ({@code limits.budgetBytes}) */
    public Budget(long bytes) {
        this(bytes, Math.ceilDiv(bytes, 2));
    }

    /** @param most bytes that one is taken for; more than half only where nobody waits for what is slow */
    public Budget(long bytes, long most) {
        this.bytes = bytes;
        this.most = most;
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
     * @param wanted bytes; more than one is taken for is taken for that
     * @param until when it completes before there was room, the reservation fails as Cancelled and holds nothing
     */
    public Future<Reservation> reserve(Object party, String place, long wanted, Future<?> until) {
        Waiting asked = new Waiting(party, place, Math.clamp(wanted, 0, most), Promise.promise());
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
            if (!waiting.isEmpty() || !leavesAsMuch(asked, held)) {
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
        Set<String> heldBack = new HashSet<>();
        Iterator<Entry<Object, Deque<Waiting>>> parties = waiting.entrySet().iterator();
        while (parties.hasNext()) {
            Entry<Object, Deque<Waiting>> party = parties.next();
            Waiting first = party.getValue().element();
            if (heldBack.contains(first.place())) {
                continue;
            }
            if (fits(first, held)) {
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
            if (passed.getOrDefault(first, 0) < MOST_PASSING) {
                lacking.add(first);
            } else if (first.bytes() > bytes - held && fits(first, ofPlace(first))) {
                return false;
            } else {
                // What it waits for is its place's own: the others have nothing to do with it.
                heldBack.add(first.place());
            }
        }
        return false;
    }

    private void hold(Waiting asked) {
        held += asked.bytes();
        heldByPlace.merge(asked.place(), asked.bytes(), Long::sum);
    }

    private long ofPlace(Waiting asked) {
        return heldByPlace.getOrDefault(asked.place(), 0L);
    }

    /** Where so much is held in all. */
    private boolean fits(Waiting asked, long inAll) {
        // Whoever holds nothing yet is let in wherever there is room at all, however large a part of it that takes.
        return ofPlace(asked) == 0 ? asked.bytes() <= bytes - inAll : leavesAsMuch(asked, inAll);
    }

    /** Whether as much is free afterwards as its place then holds. */
    private boolean leavesAsMuch(Waiting asked, long inAll) {
        return ofPlace(asked) + asked.bytes() <= bytes - inAll - asked.bytes();
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
