package io.varve.encode;

import java.util.Arrays;

/**
 * A prefix code of deflate (RFC 1951, section 3.2.2): of all whose words have at most so many bits, one that takes the fewest for how often
 * each symbol comes, or nearly so. Owned by one thread.
 */
final class Prefixes {
    private static final int SYMBOL_BITS = 9;
    private static final int SYMBOLS = 1 << SYMBOL_BITS;

    private final int mostBits;
    private final int[] bits;
    private final int[] words;
    // By rank: how often and which, the rarest first; then what becomes of it.
    private final long[] ranks;
    private final int[] work;
    private final int[] counts;

    Prefixes(int symbols, int mostBits) {
        this.mostBits = mostBits;
        bits = new int[symbols];
        words = new int[symbols];
        ranks = new long[symbols];
        work = new int[symbols];
        counts = new int[Math.max(mostBits, symbols) + 1];
    }

    /** How many bits the symbol's word has; 0 for one that never comes. */
    int bits(int symbol) {
        return bits[symbol];
    }

    /** The word, its first bit lowest, as it stands in the stream. */
    int word(int symbol) {
        return words[symbol];
    }

    /** Of words whose lengths are given. */
    static Prefixes of(int... lengths) {
        Prefixes fixed = new Prefixes(lengths.length, 15);
        System.arraycopy(lengths, 0, fixed.bits, 0, lengths.length);
        fixed.assign();
        return fixed;
    }

    /** @param often how often each symbol comes; two of them at least get a word, since some readers want that */
    void fit(int[] often) {
        int used = 0;
        Arrays.fill(bits, 0);
        for (int symbol = 0; symbol < bits.length; symbol++) {
            if (often[symbol] > 0) {
                ranks[used++] = (long) often[symbol] << SYMBOL_BITS | symbol;
            }
        }
        for (int symbol = 0; used < 2; symbol++) {
            if (often[symbol] == 0) {
                ranks[used++] = 1L << SYMBOL_BITS | symbol;
            }
        }
        Arrays.sort(ranks, 0, used);
        for (int i = 0; i < used; i++) {
            work[i] = (int) (ranks[i] >>> SYMBOL_BITS);
        }
        depths(work, used);
        shorten(used);
        assign();
    }

    /**
     * Turns weights, the lightest first, into the depths of their leaves in the lightest tree, in place (Moffat and Katajainen, "In-Place
     * Calculation of Minimum-Redundancy Codes", 1995): first each inner node's weight, then its parent, then its depth.
     */
    private static void depths(int[] a, int n) {
        a[0] += a[1];
        int root = 0;
        int leaf = 2;
        for (int next = 1; next < n - 1; next++) {
            if (leaf >= n || a[root] < a[leaf]) {
                a[next] = a[root];
                a[root++] = next;
            } else {
                a[next] = a[leaf++];
            }
            if (leaf >= n || (root < next && a[root] < a[leaf])) {
                a[next] += a[root];
                a[root++] = next;
            } else {
                a[next] += a[leaf++];
            }
        }
        a[n - 2] = 0;
        for (int next = n - 3; next >= 0; next--) {
            a[next] = a[a[next]] + 1;
        }
        int free = 1;
        int depth = 0;
        root = n - 2;
        int next = n - 1;
        while (free > 0) {
            int inner = 0;
            while (root >= 0 && a[root] == depth) {
                inner++;
                root--;
            }
            for (; free > inner; free--) {
                a[next--] = depth;
            }
            free = 2 * inner;
            depth++;
        }
    }

    /** What is too deep is hung up higher, and others a little lower until all have room (Kraft's inequality). */
    private void shorten(int used) {
        Arrays.fill(counts, 0);
        for (int i = 0; i < used; i++) {
            counts[Math.min(work[i], mostBits)]++;
        }
        int room = 0;
        for (int length = 1; length <= mostBits; length++) {
            room += counts[length] << (mostBits - length);
        }
        for (; room > 1 << mostBits; room--) {
            counts[mostBits]--;
            int length = mostBits - 1;
            while (counts[length] == 0) {
                length--;
            }
            counts[length]--;
            counts[length + 1] += 2;
        }
        int rank = 0;
        for (int length = mostBits; length > 0; length--) {
            for (int i = counts[length]; i > 0; i--) {
                bits[(int) ranks[rank++] & SYMBOLS - 1] = length;
            }
        }
    }

    /** Shorter words come first, and of equally long ones those of lower symbols. */
    private void assign() {
        int[] next = new int[mostBits + 2];
        for (int length : bits) {
            next[length + 1] += length == 0 ? 0 : 1;
        }
        int word = 0;
        for (int length = 1; length <= mostBits; length++) {
            word = (word + next[length]) << 1;
            next[length] = word;
        }
        for (int symbol = 0; symbol < bits.length; symbol++) {
            int length = bits[symbol];
            if (length > 0) {
                words[symbol] = Integer.reverse(next[length]++) >>> (Integer.SIZE - length);
            }
        }
    }
}
