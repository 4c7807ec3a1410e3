package io.varve.erofs;

import static io.varve.erofs.Format.malformed;

import io.varve.failure.Failure;
import java.util.Arrays;

/**
 * The runs of one file, ascending: where in the file, where in its layer's tar. None is empty, and neighbours in the
 * file that are neighbours in the tar too are one run.
 */
final class Runs {
    private static final int RUN_BYTES = 3 * Long.BYTES;

    private final long limitBytes;
    private long size;
    private long tarSize;
    private int count;
    private long[] start = new long[4];
    private long[] end = new long[4];
    private long[] at = new long[4];

    /** @param limitBytes how much memory they may take */
    Runs(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    /** Forgets all runs, for a file of this size in a tar of that size. */
    void reset(long fileSize, long sizeOfTar) {
        size = fileSize;
        tarSize = sizeOfTar;
        count = 0;
    }

    /**
     * @param source the offset that a refusal names
     * @throws Failure Invalid when the run is not behind the last one, within the file and within the tar; Exceeded when
     *     there are too many
     */
    void add(long source, long offset, long length, long place) {
        long before = count == 0 ? 0 : end[count - 1];
        if (offset < before || length < 0 || length > size - offset) {
            throw malformed(source, "run in a file", offset + "+" + length, "within " + before + " to " + size);
        }
        if (place < 0 || length > tarSize - place) {
            throw malformed(source, "run in a tar", place + "+" + length, "within 0 to " + tarSize);
        }
        if (length == 0) {
            return;
        }
        if (count > 0 && before == offset && at[count - 1] + (before - start[count - 1]) == place) {
            end[count - 1] += length;
            return;
        }
        if (count == start.length) {
            int capacity = Math.addExact(count, count >> 1);
            if ((long) RUN_BYTES * capacity > limitBytes) {
                throw Failure.exceeded(
                        "memory for the runs of a file", (long) RUN_BYTES * capacity, limitBytes, "limits.treeBytes");
            }
            start = Arrays.copyOf(start, capacity);
            end = Arrays.copyOf(end, capacity);
            at = Arrays.copyOf(at, capacity);
        }
        start[count] = offset;
        end[count] = offset + length;
        at[count++] = place;
    }

    int count() {
        return count;
    }

    long tarSize() {
        return tarSize;
    }

    /** Where in the file the run begins. */
    long start(int run) {
        return start[run];
    }

    /** Where in the file it ends. */
    long end(int run) {
        return end[run];
    }

    long length(int run) {
        return end[run] - start[run];
    }

    /** Where in the tar it begins. */
    long at(int run) {
        return at[run];
    }

    /** Where in the tar the byte is that stands at a position of the file, by this run. */
    long at(int run, long position) {
        return at[run] + (position - start[run]);
    }

    /** As {@link io.varve.layerfs.Inode#extents} wants them. */
    long[] triples() {
        long[] triples = new long[3 * count];
        for (int run = 0; run < count; run++) {
            triples[3 * run] = start[run];
            triples[3 * run + 1] = end[run] - start[run];
            triples[3 * run + 2] = at[run];
        }
        return triples;
    }
}
