package io.varve.hash;

import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.OR;
import static jdk.incubator.vector.VectorOperators.ROR;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.List;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * SHA-256 (FIPS 180-4, 6.2.2) of several streams at once, each in a lane of its own of the vectors that the processor computes
 * with: eight streams take hardly longer than two. Only this class needs {@code jdk.incubator.vector}. Owned by one thread at a
 * time.
 *
 * <p>The expressions are long because the JVM makes vector instructions only of what it inlines as a whole, and it gives up on
 * methods of ours in between. Before it has compiled them they are slower by far than a hash that nobody touched.
 */
final class Sha256Lanes {
    static final int LANES = 8;
    static final int BLOCK_BYTES = 64;
    static final int WORDS = 8;

    private static final int ROUNDS = 64;
    private static final VectorSpecies<Integer> SPECIES = IntVector.SPECIES_256;

    // All of it, so that each load is not checked by itself.
    private static final MemorySegment MEMORY = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    private static final int[] K = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    };

    // Which words of two rows, of which the second's are numbered from 8 on, make their new first and second row.
    private static final IntVector FIRST_4 = vector(0, 1, 2, 3, 8, 9, 10, 11);
    private static final IntVector SECOND_4 = vector(4, 5, 6, 7, 12, 13, 14, 15);
    private static final IntVector FIRST_2 = vector(0, 1, 8, 9, 4, 5, 12, 13);
    private static final IntVector SECOND_2 = vector(2, 3, 10, 11, 6, 7, 14, 15);
    private static final IntVector FIRST_1 = vector(0, 8, 2, 10, 4, 12, 6, 14);
    private static final IntVector SECOND_1 = vector(1, 9, 3, 11, 5, 13, 7, 15);

    private final int[] state = new int[WORDS * LANES];
    private final int[] schedule = new int[ROUNDS * LANES];

    private static IntVector vector(int... words) {
        return IntVector.fromArray(SPECIES, words, 0);
    }

    /** Whether the processor has vectors of that many lanes, and the JVM uses them. */
    static boolean isSupported() {
        return IntVector.SPECIES_PREFERRED.length() >= LANES;
    }

    /**
     * Hashes the next blocks of each stream.
     *
     * @param words the eight words of each stream's hash so far, which become those of what follows
     * @param streams as many as there are words, and no more than there are lanes; of native memory, which stays there meanwhile
     * @param blocks how many of each
     */
    void compress(List<int[]> words, List<MemorySegment> streams, int blocks) {
        long[] lanes = new long[LANES];
        for (int lane = 0; lane < LANES; lane++) {
            // A lane that nobody needs goes along with the first one.
            MemorySegment stream = streams.get(lane < streams.size() ? lane : 0);
            lanes[lane] = address(stream, (long) blocks * BLOCK_BYTES);
        }
        for (int lane = 0; lane < words.size(); lane++) {
            for (int word = 0; word < WORDS; word++) {
                state[word * LANES + lane] = words.get(lane)[word];
            }
        }
        for (int block = 0; block < blocks; block++) {
            load(lanes, (long) block * BLOCK_BYTES, schedule, 0);
            load(lanes, (long) block * BLOCK_BYTES + BLOCK_BYTES / 2, schedule, 8 * LANES);
            expand(schedule);
            rounds(state, schedule);
        }
        for (int lane = 0; lane < words.size(); lane++) {
            for (int word = 0; word < WORDS; word++) {
                words.get(lane)[word] = state[word * LANES + lane];
            }
        }
    }

    /** Of so many bytes, which are there: nobody checks that again. */
    private static long address(MemorySegment stream, long bytes) {
        if (!stream.isNative()) {
            throw new IllegalArgumentException("not of native memory: " + stream);
        }
        return stream.asSlice(0, bytes).address();
    }

    /** Eight words of each stream, as eight vectors of one word each: their transpose, by ever smaller squares. */
    private static void load(long[] streams, long at, int[] words, int to) {
        IntVector a0 = IntVector.fromMemorySegment(SPECIES, MEMORY, streams[0] + at, ByteOrder.BIG_ENDIAN);
        IntVector a1 = IntVector.fromMemorySegment(SPECIES, MEMORY, streams[1] + at, ByteOrder.BIG_ENDIAN);
        IntVector a2 = IntVector.fromMemorySegment(SPECIES, MEMORY, streams[2] + at, ByteOrder.BIG_ENDIAN);
        IntVector a3 = IntVector.fromMemorySegment(SPECIES, MEMORY, streams[3] + at, ByteOrder.BIG_ENDIAN);
        IntVector a4 = IntVector.fromMemorySegment(SPECIES, MEMORY, streams[4] + at, ByteOrder.BIG_ENDIAN);
        IntVector a5 = IntVector.fromMemorySegment(SPECIES, MEMORY, streams[5] + at, ByteOrder.BIG_ENDIAN);
        IntVector a6 = IntVector.fromMemorySegment(SPECIES, MEMORY, streams[6] + at, ByteOrder.BIG_ENDIAN);
        IntVector a7 = IntVector.fromMemorySegment(SPECIES, MEMORY, streams[7] + at, ByteOrder.BIG_ENDIAN);
        IntVector b0 = FIRST_4.selectFrom(a0, a4);
        IntVector b4 = SECOND_4.selectFrom(a0, a4);
        IntVector b1 = FIRST_4.selectFrom(a1, a5);
        IntVector b5 = SECOND_4.selectFrom(a1, a5);
        IntVector b2 = FIRST_4.selectFrom(a2, a6);
        IntVector b6 = SECOND_4.selectFrom(a2, a6);
        IntVector b3 = FIRST_4.selectFrom(a3, a7);
        IntVector b7 = SECOND_4.selectFrom(a3, a7);
        IntVector c0 = FIRST_2.selectFrom(b0, b2);
        IntVector c2 = SECOND_2.selectFrom(b0, b2);
        IntVector c1 = FIRST_2.selectFrom(b1, b3);
        IntVector c3 = SECOND_2.selectFrom(b1, b3);
        IntVector c4 = FIRST_2.selectFrom(b4, b6);
        IntVector c6 = SECOND_2.selectFrom(b4, b6);
        IntVector c5 = FIRST_2.selectFrom(b5, b7);
        IntVector c7 = SECOND_2.selectFrom(b5, b7);
        IntVector d0 = FIRST_1.selectFrom(c0, c1);
        IntVector d1 = SECOND_1.selectFrom(c0, c1);
        IntVector d2 = FIRST_1.selectFrom(c2, c3);
        IntVector d3 = SECOND_1.selectFrom(c2, c3);
        IntVector d4 = FIRST_1.selectFrom(c4, c5);
        IntVector d5 = SECOND_1.selectFrom(c4, c5);
        IntVector d6 = FIRST_1.selectFrom(c6, c7);
        IntVector d7 = SECOND_1.selectFrom(c6, c7);
        d0.intoArray(words, to);
        d1.intoArray(words, to + LANES);
        d2.intoArray(words, to + 2 * LANES);
        d3.intoArray(words, to + 3 * LANES);
        d4.intoArray(words, to + 4 * LANES);
        d5.intoArray(words, to + 5 * LANES);
        d6.intoArray(words, to + 6 * LANES);
        d7.intoArray(words, to + 7 * LANES);
    }

    /** The 48 words that follow from the first 16. The last two stay in registers, since each next one waits for them. */
    private static void expand(int[] w) {
        IntVector a = IntVector.fromArray(SPECIES, w, 0);
        IntVector y = IntVector.fromArray(SPECIES, w, 14 * LANES);
        IntVector z = IntVector.fromArray(SPECIES, w, 15 * LANES);
        for (int t = 0; t < (ROUNDS - 16) * LANES; t += 2 * LANES) {
            IntVector b = IntVector.fromArray(SPECIES, w, t + LANES);
            IntVector c = IntVector.fromArray(SPECIES, w, t + 2 * LANES);
            y = a.add(IntVector.fromArray(SPECIES, w, t + 9 * LANES))
                    .add(b.lanewise(ROR, 7).lanewise(XOR, b.lanewise(ROR, 18)).lanewise(XOR, b.lanewise(LSHR, 3)))
                    .add(y.lanewise(ROR, 17).lanewise(XOR, y.lanewise(ROR, 19)).lanewise(XOR, y.lanewise(LSHR, 10)));
            z = b.add(IntVector.fromArray(SPECIES, w, t + 10 * LANES))
                    .add(c.lanewise(ROR, 7).lanewise(XOR, c.lanewise(ROR, 18)).lanewise(XOR, c.lanewise(LSHR, 3)))
                    .add(z.lanewise(ROR, 17).lanewise(XOR, z.lanewise(ROR, 19)).lanewise(XOR, z.lanewise(LSHR, 10)));
            a = c;
            y.intoArray(w, t + 16 * LANES);
            z.intoArray(w, t + 17 * LANES);
        }
    }

    /** The sums are in the order in which their parts are ready. */
    private static void rounds(int[] state, int[] w) {
        IntVector a = IntVector.fromArray(SPECIES, state, 0);
        IntVector b = IntVector.fromArray(SPECIES, state, LANES);
        IntVector c = IntVector.fromArray(SPECIES, state, 2 * LANES);
        IntVector d = IntVector.fromArray(SPECIES, state, 3 * LANES);
        IntVector e = IntVector.fromArray(SPECIES, state, 4 * LANES);
        IntVector f = IntVector.fromArray(SPECIES, state, 5 * LANES);
        IntVector g = IntVector.fromArray(SPECIES, state, 6 * LANES);
        IntVector h = IntVector.fromArray(SPECIES, state, 7 * LANES);
        for (int t = 0; t < ROUNDS; t++) {
            IntVector t1 = h.add(IntVector.fromArray(SPECIES, w, t * LANES).add(IntVector.broadcast(SPECIES, K[t])))
                    .add(f.lanewise(XOR, g).lanewise(AND, e).lanewise(XOR, g))
                    .add(e.lanewise(ROR, 6).lanewise(XOR, e.lanewise(ROR, 11)).lanewise(XOR, e.lanewise(ROR, 25)));
            IntVector t2 = a.lanewise(AND, b)
                    .lanewise(OR, a.lanewise(OR, b).lanewise(AND, c))
                    .add(a.lanewise(ROR, 2).lanewise(XOR, a.lanewise(ROR, 13)).lanewise(XOR, a.lanewise(ROR, 22)));
            h = g;
            g = f;
            f = e;
            e = d.add(t1);
            d = c;
            c = b;
            b = a;
            a = t1.add(t2);
        }
        a.add(IntVector.fromArray(SPECIES, state, 0)).intoArray(state, 0);
        b.add(IntVector.fromArray(SPECIES, state, LANES)).intoArray(state, LANES);
        c.add(IntVector.fromArray(SPECIES, state, 2 * LANES)).intoArray(state, 2 * LANES);
        d.add(IntVector.fromArray(SPECIES, state, 3 * LANES)).intoArray(state, 3 * LANES);
        e.add(IntVector.fromArray(SPECIES, state, 4 * LANES)).intoArray(state, 4 * LANES);
        f.add(IntVector.fromArray(SPECIES, state, 5 * LANES)).intoArray(state, 5 * LANES);
        g.add(IntVector.fromArray(SPECIES, state, 6 * LANES)).intoArray(state, 6 * LANES);
        h.add(IntVector.fromArray(SPECIES, state, 7 * LANES)).intoArray(state, 7 * LANES);
    }
}
