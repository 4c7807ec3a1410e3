package io.varve.tar;

import io.varve.failure.Failure;
import java.util.Arrays;

/**
 * Where the pieces of a sparse file belong: they stand one behind the other in the tar, holes left out. Grows as the
 * map is read, up to the limit.
 */
final class SparseMap {
    private final int limit;
    // Pairs of offset in the file and length; pieces that touch are one, empty ones are dropped.
    private long[] pieces = new long[16];
    private int used;
    private int count;
    private long end;
    private long stored;

    SparseMap(int limit) {
        this.limit = limit;
    }

    /** Every piece of the map counts, also those that leave nothing behind. */
    int count() {
        return count;
    }

    void add(long offset, long length) {
        if (count == limit) {
            throw Failure.exceeded("pieces of a sparse file", count + 1L, limit, "limits.sparseExtents");
        }
        count++;
        if (offset < end || length < 0 || offset > Long.MAX_VALUE - length) {
            throw Failure.invalid("sparse map: got piece " + count + " at " + offset + " of " + length
                    + " bytes, wanted it behind the last, which ends at " + end);
        }
        if (length == 0) {
            end = offset;
            return;
        }
        if (used > 0 && pieces[used - 2] + pieces[used - 1] == offset) {
            pieces[used - 1] += length;
        } else {
            if (used == pieces.length) {
                pieces = Arrays.copyOf(pieces, 2 * used);
            }
            pieces[used++] = offset;
            pieces[used++] = length;
        }
        end = offset + length;
        stored += length;
    }

    /**
     * The extents, for data that begins at an offset of the tar.
     *
     * @param size of the file, holes included
     * @param data bytes that stand in the tar
     * @throws Failure Invalid, when the map does not fit either of them
     */
    long[] extents(long size, long data, long offset) {
        if (end > size) {
            throw Failure.invalid("sparse map: got an end of " + end + ", wanted at most the file's size " + size);
        }
        if (stored != data) {
            throw Failure.invalid("sparse map: got pieces of " + stored + " bytes, wanted the " + data + " stored");
        }
        long[] extents = new long[used / 2 * 3];
        long at = offset;
        for (int i = 0, e = 0; i < used; i += 2) {
            extents[e++] = pieces[i];
            extents[e++] = pieces[i + 1];
            extents[e++] = at;
            at += pieces[i + 1];
        }
        return extents;
    }
}
