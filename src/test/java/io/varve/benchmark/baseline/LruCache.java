package io.varve.benchmark.baseline;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/** Values by key, as many as their weights allow; what was asked for the longest time ago makes room. Any thread, one at a time. */
public final class LruCache<K, V> {
    private final long most;
    private final Map<K, Weighed<V>> entries = new LinkedHashMap<>(16, 0.75f, true);
    private long held;
    private long hits;
    private long misses;

    /** @param weight in bytes */
    public record Weighed<V>(V value, long weight) {}

    /** @param most bytes that it holds */
    public LruCache(long most) {
        this.most = most;
    }

    public synchronized V get(K key, Supplier<Weighed<V>> reading) {
        Weighed<V> known = entries.get(key);
        if (known != null) {
            hits++;
            return known.value();
        }
        misses++;
        Weighed<V> read = reading.get();
        if (read.weight() <= most) {
            entries.put(key, read);
            held += read.weight();
            Iterator<Weighed<V>> eldest = entries.values().iterator();
            while (held > most) {
                held -= eldest.next().weight();
                eldest.remove();
            }
        }
        return read.value();
    }

    public synchronized long hits() {
        return hits;
    }

    public synchronized long misses() {
        return misses;
    }
}
