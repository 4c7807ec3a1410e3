package io.varve.guard;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/** Waits for what comes to be so, and leaves the processor meanwhile to those who are to make it so. */
public final class Deadline {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration PAUSE = Duration.ofMillis(2);

    private Deadline() {}

    public interface Condition<E extends Exception> {
        boolean holds() throws E;
    }

    public interface Source<T, E extends Exception> {
        T look() throws E;
    }

    public static <E extends Exception> void until(Condition<E> condition) throws E {
        until("it is so", condition);
    }

    public static <E extends Exception> void until(String what, Condition<E> condition) throws E {
        await(what, condition::holds, holds -> holds);
    }

    /** What is seen, once it is as wanted. */
    public static <T, E extends Exception> T await(String what, Source<T, E> source, Predicate<? super T> wanted)
            throws E {
        Instant end = Instant.now().plus(PATIENCE);
        T seen = source.look();
        while (!wanted.test(seen)) {
            if (Instant.now().isAfter(end)) {
                throw new AssertionError("waited in vain until " + what + ": " + seen);
            }
            LockSupport.parkNanos(PAUSE.toNanos());
            seen = source.look();
        }
        return seen;
    }
}
