package io.varve.encode;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * Deflate (RFC 1951): finds what was there before by chains of places that begin with the same four bytes, and writes it block by block, each
 * in the shortest of the three forms. Where no four bytes were there before, the last place with the same three will do if it is near.
 *
 * <p>Whatever comes out depends on the bytes, the history and the effort alone. Owned by one thread at a time.
 *
 * <pre>
 *   first    by hash: the last place that begins so, or less than where we are allowed to look
 *   before   by place, modulo the window: the place before it that has the same hash
 *   third    by hash of three bytes: the last place that begins so
 *   tokens   what a block is made of: a byte, or MATCH | length - 3 in 8 bits | distance - 1 in 15 bits
 * </pre>
 */
final class Deflate {
    static final int WINDOW = 32 << 10;
    static final long TABLE_BYTES = 4L * (2 * (1 << Deflate.HASH_BITS) + WINDOW + Block.TOKENS);

    private static final VarHandle INTS = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle LONGS = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private static final int HASH_BITS = 15;
    private static final int HASHED = Integer.BYTES;
    private static final int MULTIPLIER = 0x9E37_79B1;
    private static final int LONGEST = 258;
    private static final int SHORTEST = 3;

    /** A match of three bytes from further away takes more bits than they do. */
    private static final int NEAR = 4 << 10;

    /** A byte that a match is longer is worth so many bits of distance. */
    private static final int WORTH = 4;

    /** What it costs to have written a byte of its own first. */
    private static final int COST = 2;

    /** After so many bytes without a match, as a power of two, one more is passed over each time: there may be none. */
    private static final int PATIENCE_BITS = 8;

    private final int[] first = new int[1 << HASH_BITS];
    private final int[] before = new int[WINDOW];
    private final int[] third = new int[1 << HASH_BITS];
    private final Block block = new Block();

    // Of the segment.
    private byte[] bytes = {};
    private int lowest;
    private int end;
    // Of the last match that was found.
    private int distance;
    // The last place that begins with the three bytes that were looked for last.
    private int three;

    /**
     * How hard to look.
     *
     * @param places that are looked at for each byte, and a quarter of them where there is a match already
     * @param lazy matches shorter than this are given up for a better one at the next byte; 0 for none
     * @param nice matches that are as long are not looked beyond
     */
    record Effort(int places, int lazy, int nice) {
        private static final Effort[] LEVELS = {
            new Effort(1, 0, 16),
            new Effort(4, 0, 32),
            new Effort(8, 0, 64),
            new Effort(6, 8, 32),
            new Effort(8, 16, 64),
            new Effort(16, 32, 96),
            new Effort(64, 64, 192),
            new Effort(512, 128, LONGEST),
            new Effort(2048, LONGEST, LONGEST)
        };

        static Effort of(int level) {
            return LEVELS[level - 1];
        }
    }

    /** As {@link Encoder#encode}; ends on a byte, and is not the last of its stream. */
    Encoder.Encoded encode(byte[] segment, int from, int to, Effort effort) {
        bytes = segment;
        lowest = Math.max(0, from - WINDOW);
        end = to;
        Arrays.fill(first, -1);
        Arrays.fill(third, -1);
        block.begin(segment, from, to);
        for (int at = lowest; at < from && at + HASHED <= end; at++) {
            remember(at);
        }
        if (effort.lazy() == 0) {
            eagerly(from, effort);
        } else {
            lazily(from, effort);
        }
        bytes = new byte[0];
        return block.end();
    }

    /** Takes every match as it comes. */
    private void eagerly(int from, Effort effort) {
        int at = from;
        int hashable = end - HASHED;
        int missed = 0;
        while (at <= hashable) {
            int length = find(at, HASHED - 1, effort.places(), effort.nice());
            if (length < HASHED) {
                length = near(at);
            }
            if (length >= SHORTEST) {
                block.match(length, distance);
                int next = at + length;
                for (int i = at + 1; i < next && i <= hashable; i++) {
                    remember(i);
                }
                at = next;
                missed = 0;
            } else {
                int passed = Math.min(1 + (missed >> PATIENCE_BITS), end - at);
                missed += passed;
                at = literals(at, passed);
            }
        }
        literals(at, end - at);
    }

    /** Looks one byte further before a match is taken: there may be a better one. */
    private void lazily(int from, Effort effort) {
        int at = from;
        int hashable = end - HASHED;
        int missed = 0;
        while (at <= hashable) {
            int length = find(at, HASHED - 1, effort.places(), effort.nice());
            if (length < HASHED) {
                length = near(at);
            }
            if (length < SHORTEST) {
                int passed = Math.min(1 + (missed >> PATIENCE_BITS), end - at);
                missed += passed;
                at = literals(at, passed);
                continue;
            }
            missed = 0;
            int away = distance;
            while (length < effort.lazy() && at + 1 <= hashable) {
                int longer = find(at + 1, length, effort.places() >> 2, effort.nice());
                if (longer <= length || worth(longer, distance) <= worth(length, away) + COST) {
                    break;
                }
                at = literals(at, 1);
                length = longer;
                away = distance;
            }
            block.match(length, away);
            int next = at + length;
            // Where we looked already is remembered; what was remembered again would be a chain that leads to itself.
            for (int i = at + 1; i < next && i <= hashable; i++) {
                if (first[hash((int) INTS.get(bytes, i))] < i) {
                    remember(i);
                }
            }
            at = next;
        }
        literals(at, end - at);
    }

    private int literals(int at, int count) {
        for (int i = at; i < at + count; i++) {
            block.literal(bytes[i] & 0xff);
        }
        return at + count;
    }

    private static int hash(int word) {
        return (word * MULTIPLIER) >>> (Integer.SIZE - HASH_BITS);
    }

    private static int hashOfThree(int word) {
        return hash(word << Byte.SIZE);
    }

    /** In bits, more or less. */
    private static int worth(int length, int distance) {
        return WORTH * length + Integer.numberOfLeadingZeros(distance);
    }

    private void remember(int at) {
        int word = (int) INTS.get(bytes, at);
        int hash = hash(word);
        before[at & WINDOW - 1] = first[hash];
        first[hash] = at;
        third[hashOfThree(word)] = at;
    }

    /**
     * The longest match that begins here and is longer than that, with its {@link #distance}; else that. The place is remembered.
     *
     * @param at has four bytes at least before the end
     */
    private int find(int at, int longerThan, int places, int nice) {
        byte[] data = bytes;
        int word = (int) INTS.get(data, at);
        int hash = hash(word);
        int place = first[hash];
        before[at & WINDOW - 1] = place;
        first[hash] = at;
        int hashOfThree = hashOfThree(word);
        three = third[hashOfThree];
        third[hashOfThree] = at;

        int longest = longerThan;
        int most = Math.min(LONGEST, end - at);
        int least = Math.max(lowest, at - WINDOW);
        if (longest >= most) {
            return longest;
        }
        // What the match has to end with to be longer, and what it has to begin with.
        int tail = (int) INTS.get(data, at + longest - SHORTEST);
        for (int left = places; place >= least && left > 0; left--) {
            if ((int) INTS.get(data, place + longest - SHORTEST) == tail && (int) INTS.get(data, place) == word) {
                int length = same(data, place, at, most);
                if (length > longest) {
                    longest = length;
                    distance = at - place;
                    if (length >= nice || length == most) {
                        break;
                    }
                    tail = (int) INTS.get(data, at + longest - SHORTEST);
                }
            }
            int next = before[place & WINDOW - 1];
            if (next >= place) {
                // Somebody newer has the place in the table.
                break;
            }
            place = next;
        }
        return longest;
    }

    /** Whether the three bytes that {@link #find} looked for last were there before, near enough, with their {@link #distance}: three, or none. */
    private int near(int at) {
        int least = Math.max(lowest, at - NEAR);
        if (three < least || ((int) INTS.get(bytes, three) ^ (int) INTS.get(bytes, at)) << Byte.SIZE != 0) {
            return 0;
        }
        distance = at - three;
        return SHORTEST;
    }

    /** How many bytes are the same from both places on, of which four are. */
    private static int same(byte[] data, int place, int at, int most) {
        int length = HASHED;
        while (length + Long.BYTES <= most) {
            long difference = (long) LONGS.get(data, place + length) ^ (long) LONGS.get(data, at + length);
            if (difference != 0) {
                return length + (Long.numberOfTrailingZeros(difference) >>> 3);
            }
            length += Long.BYTES;
        }
        while (length < most && data[place + length] == data[at + length]) {
            length++;
        }
        return length;
    }
}
