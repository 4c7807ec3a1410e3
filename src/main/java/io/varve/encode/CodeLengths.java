package io.varve.encode;

import java.util.Arrays;

/**
 * The lengths of a block's words, as they stand in front of it (RFC 1951, section 3.2.7): runs are told by their lengths, and all of that in
 * words of its own. Owned by one thread.
 */
final class CodeLengths {
    private static final int SYMBOLS = 19;
    private static final int REPEAT = 16;
    private static final int ZEROS = 17;
    private static final int MANY_ZEROS = 18;
    private static final int[] ORDER = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
    private static final int[] EXTRA = {2, 3, 7};
    private static final int LEAST_SYMBOLS = 257;
    private static final int LEAST_DISTANCES = 1;
    private static final int LEAST_LENGTHS = 4;
    private static final int BITS = 3;

    private final Prefixes prefixes = new Prefixes(SYMBOLS, 7);
    private final int[] often = new int[SYMBOLS];
    private final int[] all = new int[320];
    // What is told: a symbol, and what stands behind it above its five bits.
    private final int[] told = new int[320];
    private int count;
    private int symbolCount;
    private int distanceCount;
    private int lengthCount;

    void of(Prefixes symbols, int symbolsAtMost, Prefixes distances, int distancesAtMost) {
        symbolCount = used(symbols, symbolsAtMost, LEAST_SYMBOLS);
        distanceCount = used(distances, distancesAtMost, LEAST_DISTANCES);
        for (int i = 0; i < symbolCount; i++) {
            all[i] = symbols.bits(i);
        }
        for (int i = 0; i < distanceCount; i++) {
            all[symbolCount + i] = distances.bits(i);
        }
        count = 0;
        Arrays.fill(often, 0);
        int length = symbolCount + distanceCount;
        for (int at = 0; at < length; ) {
            int run = 1;
            while (at + run < length && all[at + run] == all[at]) {
                run++;
            }
            tell(all[at], run);
            at += run;
        }
        prefixes.fit(often);
        lengthCount = SYMBOLS;
        while (lengthCount > LEAST_LENGTHS && prefixes.bits(ORDER[lengthCount - 1]) == 0) {
            lengthCount--;
        }
    }

    private static int used(Prefixes prefixes, int most, int least) {
        int used = most;
        while (used > least && prefixes.bits(used - 1) == 0) {
            used--;
        }
        return used;
    }

    private void tell(int length, int run) {
        int left = run;
        if (length == 0) {
            for (; left >= 11; left -= Math.min(left, 138)) {
                add(MANY_ZEROS, Math.min(left, 138) - 11);
            }
            if (left >= 3) {
                add(ZEROS, left - 3);
                left = 0;
            }
        } else {
            add(length, 0);
            left--;
            for (; left >= 3; left -= Math.min(left, 6)) {
                add(REPEAT, Math.min(left, 6) - 3);
            }
        }
        for (; left > 0; left--) {
            add(length, 0);
        }
    }

    private void add(int symbol, int behind) {
        often[symbol]++;
        told[count++] = behind << 5 | symbol;
    }

    /** Bits that {@link #write} takes. */
    long size() {
        long size = 5 + 5 + 4 + (long) BITS * lengthCount;
        for (int symbol = 0; symbol < SYMBOLS; symbol++) {
            size += (long) often[symbol] * (prefixes.bits(symbol) + extra(symbol));
        }
        return size;
    }

    private static int extra(int symbol) {
        return symbol < REPEAT ? 0 : EXTRA[symbol - REPEAT];
    }

    void write(BitOutput out) {
        out.put(symbolCount - LEAST_SYMBOLS, 5);
        out.put(distanceCount - LEAST_DISTANCES, 5);
        out.put(lengthCount - LEAST_LENGTHS, 4);
        for (int i = 0; i < lengthCount; i++) {
            out.put(prefixes.bits(ORDER[i]), BITS);
        }
        for (int i = 0; i < count; i++) {
            int symbol = told[i] & 31;
            out.put(
                    prefixes.word(symbol) | (long) (told[i] >>> 5) << prefixes.bits(symbol),
                    prefixes.bits(symbol) + extra(symbol));
        }
    }
}
