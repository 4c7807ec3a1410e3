package io.varve.decode;

import io.varve.failure.Failure;
import java.nio.ByteBuffer;
import java.util.HexFormat;

/**
 * A zstd frame's header, RFC 8878 section 3.1.1.1, looked at before the library gets it: whether we take a frame must not
 * depend on how the stream was cut, and the library checks a window only when it cannot decode the frame in one go.
 *
 * <pre>
 * offset  size
 *      0     4      magic      fd2fb528 little-endian, or 184d2a5? of a skippable frame, of which we need no more
 *      4     1      descriptor bits 7-6: size of content size, 5: single segment, 1-0: size of dictionary id
 *      5     1      window     if not single segment: 5 bits exponent, 3 bits mantissa
 *      …     0,1,2,4  dictionary id, little-endian
 *      …     0,1,2,4,8  content size, little-endian; the window too, if single segment
 * </pre>
 */
final class ZstdFrameHeader {
    private static final int MAGIC = 0xfd2fb528;
    private static final int SKIPPABLE_MAGIC = 0x184d2a50;
    private static final int SKIPPABLE_MASK = 0xfffffff0;
    private static final int MAGIC_BYTES = 4;
    private static final int MAX_BYTES = 18;

    private final long maxWindow;
    private final byte[] bytes = new byte[MAX_BYTES];
    private int length;
    /** How many bytes must be there before more can be said. */
    private int wanted = 1;

    private long window;

    ZstdFrameHeader(int maxWindowLog) {
        maxWindow = 1L << maxWindowLog;
    }

    /** Whether four bytes, read little-endian, begin a frame, skippable or not. */
    static boolean isMagic(int firstFour) {
        return firstFour == MAGIC || isSkippable(firstFour);
    }

    private static boolean isSkippable(int magic) {
        return (magic & SKIPPABLE_MASK) == SKIPPABLE_MAGIC;
    }

    /** Makes ready for the next frame. */
    void reset() {
        length = 0;
        wanted = 1;
        window = 0;
    }

    /** The bytes this frame refers back to, 0 until known. */
    long window() {
        return window;
    }

    /** Looks at what {@code source} has of this header, leaving it there. */
    void peek(ByteBuffer source, long origin) {
        for (int at = source.position(); length < wanted && at < source.limit(); at++) {
            bytes[length++] = source.get(at);
            if (length == wanted) {
                understand(origin + at + 1 - length);
            }
        }
    }

    private void understand(long start) {
        if (length <= MAGIC_BYTES) {
            int magic = (int) littleEndian(0, MAGIC_BYTES);
            requireMagic(magic, start);
            wanted = length == MAGIC_BYTES && isSkippable(magic) ? MAGIC_BYTES : length + 1;
        } else if (length == MAGIC_BYTES + 1) {
            wanted = MAGIC_BYTES + 1 + windowSize() + dictionarySize() + contentSizeSize();
        } else {
            judge(start);
        }
    }

    /** Byte by byte, as the library does: which of us refuses must not depend on the cut either. */
    private void requireMagic(int magic, long start) {
        int seen = -1 >>> (32 - 8 * length);
        if (((magic ^ MAGIC) & seen) != 0 && ((magic ^ SKIPPABLE_MAGIC) & seen & SKIPPABLE_MASK) != 0) {
            throw Format.malformed(
                    "no zstd frame: begins with " + HexFormat.of().formatHex(bytes, 0, length), start);
        }
    }

    private void judge(long start) {
        int at = MAGIC_BYTES + 1 + windowSize();
        long dictionary = littleEndian(at, dictionarySize());
        if (dictionary != 0) {
            throw Format.malformed("zstd frame needs dictionary " + dictionary + ", and layers have none", start);
        }
        window = singleSegment() ? contentSize(at + dictionarySize()) : describedWindow();
        if (window > maxWindow) {
            throw Failure.exceeded("bytes in the window of a zstd frame", window, maxWindow, "limits.zstdWindowLog");
        }
    }

    private int descriptor() {
        return bytes[MAGIC_BYTES] & 0xff;
    }

    private boolean singleSegment() {
        return (descriptor() & 0x20) != 0;
    }

    private int windowSize() {
        return singleSegment() ? 0 : 1;
    }

    private int dictionarySize() {
        int code = descriptor() & 3;
        return code == 3 ? 4 : code;
    }

    private int contentSizeSize() {
        int code = descriptor() >>> 6;
        return code == 0 ? 1 - windowSize() : 1 << code;
    }

    private long describedWindow() {
        int described = bytes[MAGIC_BYTES + 1] & 0xff;
        long base = 1L << (10 + (described >>> 3));
        return base + base / 8 * (described & 7);
    }

    private long contentSize(int at) {
        int size = contentSizeSize();
        long content = littleEndian(at, size) + (size == 2 ? 256 : 0);
        return content < 0 ? Long.MAX_VALUE : content; // it is unsigned
    }

    private long littleEndian(int at, int size) {
        long number = 0;
        for (int i = 0; i < size; i++) {
            number |= (bytes[at + i] & 0xffL) << (8 * i);
        }
        return number;
    }
}
