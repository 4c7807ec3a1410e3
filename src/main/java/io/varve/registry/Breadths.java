package io.varve.registry;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.function.ToIntFunction;

/** What was found out of each host that blobs came from lately. Any thread. */
final class Breadths {
    /** Hosts that are remembered, the last used ones. */
    private static final int REMEMBERED = 256;

    private static final Duration FORGOTTEN = Duration.ofMinutes(10);

    private final ToIntFunction<Origin> most;
    private final LongSupplier clock;

    /** Guarded by itself. */
    private final Map<Origin, Breadth> known = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Origin, Breadth> eldest) {
            return size() > REMEMBERED;
        }
    };

    /** @param most requests at once at a host */
    Breadths(ToIntFunction<Origin> most, LongSupplier clock) {
        this.most = most;
        this.clock = clock;
    }

    /** Of the host that is asked first, wherever it sends us on. */
    Breadth of(Origin asked) {
        synchronized (known) {
            return known.compute(
                    asked,
                    (origin, there) -> there == null || there.idleNanos() > FORGOTTEN.toNanos()
                            ? new Breadth(most.applyAsInt(origin), clock)
                            : there);
        }
    }

    /** How many requests for blobs are under way at each host. */
    Map<String, Integer> open() {
        synchronized (known) {
            Map<String, Integer> open = new LinkedHashMap<>();
            known.forEach((origin, breadth) -> open.put(origin.authority(), breadth.open()));
            return open;
        }
    }
}
