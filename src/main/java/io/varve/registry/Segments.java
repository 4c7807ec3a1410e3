package io.varve.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Which bytes of a blob come before their turn, and which of the others could. Owned by the context that asks for the blob. */
final class Segments implements AutoCloseable {
    /** Less than this is not worth a request of its own. */
    static final long LEAST = 1 << 20;

    /** The longest that one is to take where bytes come slowly: so much later others get the connection. */
    private static final int SECONDS = 2;

    private final long size;

    // By their first bytes; they do not overlap.
    private final TreeMap<Long, Segment> all = new TreeMap<>();

    /** From the first byte to the one before the end. */
    record Gap(long first, long end) {}

    Segments(long size) {
        this.size = size;
    }

    /**
     * How many bytes to ask for with one request.
     *
     * @param left bytes of the blob that nobody brings
     * @param breadth how many there are to bring them, who are to end at about the same time
     * @param bytesPerSecond of one connection; 0 when that is not known
     */
    static long portion(long left, int breadth, double bytesPerSecond, long most) {
        long least = Math.min(LEAST, most);
        long shared = left / Math.max(1, breadth);
        long paced = bytesPerSecond == 0 ? most : (long) (bytesPerSecond * SECONDS);
        return Math.clamp(Math.min(shared, paced), least, most);
    }

    void add(Segment segment) {
        all.put(segment.first(), segment);
    }

    void remove(Segment segment) {
        all.remove(segment.first(), segment);
    }

    boolean isEmpty() {
        return all.isEmpty();
    }

    /** The one that begins at this byte; null when none does. */
    @Nullable
    Segment at(long position) {
        return all.get(position);
    }

    /** Where the first one behind this byte begins; the end of the blob when there is none. */
    long next(long position) {
        Long next = all.higherKey(position);
        return next == null ? size : next;
    }

    /**
     * The first bytes that nobody brings.
     *
     * @param from up to which somebody does
     * @param most at once; what would be left over and is little is taken too
     * @return null when somebody brings all of them
     */
    @Nullable
    Gap gap(long from, long most) {
        Map.Entry<Long, Segment> before = all.lowerEntry(from);
        long first = before == null ? from : Math.max(from, before.getValue().bound());
        for (Segment each : all.tailMap(first, true).values()) {
            if (each.first() > first) {
                break;
            }
            first = each.bound();
        }
        if (first >= size) {
            return null;
        }
        long end = next(first);
        return new Gap(first, end - first < most + most / 2 ? Math.min(end, first + most + most / 2) : first + most);
    }

    /** The whole of them, to go through while they change. */
    List<Segment> list() {
        return new ArrayList<>(all.values());
    }

    @Override
    public void close() {
        List<Segment> closed = list();
        all.clear();
        closed.forEach(Segment::close);
    }
}
