package io.varve.decode;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.varve.failure.Failure;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * ISA-L, {@link Isal}, which is faster than zlib and not as strict: it also takes Huffman codes that leave bit patterns
 * without a meaning, as long as the stream has none of those in it. The checksum behind the stream holds either way.
 *
 * <p>Its state, of which we use the marked fields, is {@code struct inflate_state} in {@code igzip_lib.h}, the same from 2.30 to
 * 2.32; {@link IsalTrial} asks a library whether it is its own too:
 *
 * <pre>
 * offset  size
 *      0     8   next_out        ours
 *      8     4   avail_out       ours
 *     12     4   total_out
 *     16     8   next_in         ours
 *     24     8   read_in         bits that were taken from the input and not used yet
 *     32     4   avail_in        ours
 *     36     4   read_in_length  ours: how many bits those are, below zero when some were missed
 *     40 21120   Huffman tables
 *  21160     4   block_state     ours: 5 at the end of a stream, with all of it given
 *  21164   380   more of where it is, and input that is not understood yet
 *  21544 65824   output that was not given yet, or that later matches refer to
 * </pre>
 *
 * <p>It takes up to eight bytes more than it has used. Those behind the end of a stream belong to somebody else, and may have come
 * with an earlier source, so the last eight bytes that it was given are kept. Versions from 2.32.1 on put them back themselves,
 * even to before the beginning of the source, and then have none in {@code read_in}: the difference is the same.
 */
final class IsalInflate implements Inflate {
    private static final int NEXT_OUT = 0;
    private static final int AVAIL_OUT = 8;
    private static final int NEXT_IN = 16;
    private static final int AVAIL_IN = 32;
    private static final int READ_IN_LENGTH = 36;
    private static final int BLOCK_STATE = 21_160;
    private static final int USED_BYTES = 87_368;

    private static final int FINISHED = 5;
    /** More than a library needs, so that one with a larger state can be found out. */
    static final int STATE_BYTES = 128 << 10;

    private static final int ALIGNMENT = 64;

    private final Isal isal;
    // Shared, since a decoder goes from thread to thread; and a use after its end is then an exception and no use.
    private final Arena arena = Arena.ofShared();
    private final MemorySegment state = arena.allocate(STATE_BYTES, ALIGNMENT);
    /** The last bytes taken, the latest one highest. */
    private long last;

    private int overread;

    IsalInflate(Isal isal) {
        this.isal = isal;
        isal.init(state);
    }

    @Override
    public boolean inflate(ByteBuffer source, ByteBuffer target, long origin) {
        int start = source.position();
        int room = target.remaining();
        state.set(JAVA_LONG, NEXT_IN, MemorySegment.ofBuffer(source).address());
        state.set(JAVA_INT, AVAIL_IN, source.remaining());
        state.set(JAVA_LONG, NEXT_OUT, MemorySegment.ofBuffer(target).address());
        state.set(JAVA_INT, AVAIL_OUT, room);
        int code = isal.inflate(state);
        int taken = source.limit() - state.get(JAVA_INT, AVAIL_IN);
        int unused = Math.max(0, state.get(JAVA_INT, READ_IN_LENGTH)) / Byte.SIZE;
        if (code < 0) {
            throw refusal(code, origin + taken - unused);
        }
        target.position(target.position() + room - state.get(JAVA_INT, AVAIL_OUT));
        boolean finished = state.get(JAVA_INT, BLOCK_STATE) == FINISHED;
        if (finished) {
            int end = taken - unused;
            overread = Math.max(0, start - end);
            source.position(Math.max(start, end));
        } else {
            source.position(taken);
            remember(source, start);
        }
        return finished;
    }

    private static Failure refusal(int code, long offset) {
        String wrong =
                switch (code) {
                    case -1 -> "invalid block";
                    case -2 -> "invalid symbol";
                    case -3 -> "invalid distance";
                    default -> "refused with " + code;
                };
        return Format.malformed("deflate data: " + wrong, offset);
    }

    /** Notes the last bytes before {@code source}'s position, of those from {@code start} on. */
    private void remember(ByteBuffer source, int start) {
        int end = source.position();
        if (end - start >= Long.BYTES) {
            last = Long.reverseBytes(source.getLong(end - Long.BYTES)); // its order is big-endian
        } else {
            for (int at = start; at < end; at++) {
                last = (last >>> Byte.SIZE) | ((long) source.get(at) << (Long.SIZE - Byte.SIZE));
            }
        }
    }

    @Override
    public int overread() {
        return overread;
    }

    @Override
    public long overreadBytes() {
        return overread == 0 ? 0 : last >>> (Long.SIZE - Byte.SIZE * overread);
    }

    @Override
    public void reset() {
        overread = 0;
        isal.reset(state);
    }

    @Override
    public long stateBytes() {
        return STATE_BYTES;
    }

    /** Whether the library has written to nothing but what we take for its state. */
    boolean isOfKnownSize() {
        return state.asSlice(USED_BYTES).mismatch(MemorySegment.ofArray(new byte[STATE_BYTES - USED_BYTES])) < 0;
    }

    @Override
    public void close() {
        arena.close();
    }
}
