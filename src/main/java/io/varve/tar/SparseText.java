package io.varve.tar;

import static io.varve.tar.HeaderField.BLOCK;

import io.varve.failure.Failure;

/**
 * The map that stands in front of the data of a PAX 1.0 sparse file, read block by block: the number of pieces, then
 * offset and length of each, all decimal with a line feed behind. It is padded to a full block.
 */
final class SparseText {
    private static final long UNKNOWN = -1;

    private final SparseMap map;
    private final int limit;
    // Numbers still to come, once the first has said how many.
    private long wanted = UNKNOWN;
    private long offset = UNKNOWN;
    // The number being read: its digits may reach into the next block.
    private long value;
    private boolean digits;

    SparseText(int limit) {
        this.limit = limit;
        map = new SparseMap(limit);
    }

    SparseMap map() {
        return map;
    }

    /** Whether the map ends in this block, so that the data begins with the next. */
    boolean endsIn(byte[] block) {
        for (int i = 0; i < BLOCK; i++) {
            byte b = block[i];
            if (b >= '0' && b <= '9') {
                value = Decimal.append(value, b);
                digits = true;
            } else if (b == '\n' && digits) {
                number(value);
                value = 0;
                digits = false;
                if (wanted == 0) {
                    return true;
                }
            } else {
                throw Failure.invalid("sparse map: got byte " + (b & 0xFF) + ", wanted "
                        + (digits ? "a digit or the end of the line" : "a digit"));
            }
        }
        return false;
    }

    private void number(long number) {
        if (wanted == UNKNOWN) {
            if (number > limit) {
                throw Failure.exceeded("pieces of a sparse file", number, limit, "limits.sparseExtents");
            }
            wanted = 2 * number;
            return;
        }
        wanted--;
        if (offset == UNKNOWN) {
            offset = number;
        } else {
            map.add(offset, number);
            offset = UNKNOWN;
        }
    }
}
