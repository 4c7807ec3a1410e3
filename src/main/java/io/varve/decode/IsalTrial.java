package io.varve.decode;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.Deflater;

/**
 * Whether a library inflates known streams as it should when it is used as we use it. Where fields are in its state is nowhere
 * to be asked, and another version may have them elsewhere.
 */
final class IsalTrial {
    /** More than it keeps of its output. */
    private static final int LONG = 80_000;

    private static final int SHORT = 160;
    private static final int TRAILER_BYTES = 8;
    private static final int NOISE = 1_000;

    private IsalTrial() {}

    /** @throws RuntimeException when it does something else */
    static void run(Isal isal) {
        byte[] content = content();
        IsalInflate inflate = new IsalInflate(isal);
        try {
            ByteBuffer all = deflate(content, LONG, Deflater.BEST_SPEED);
            requireSame(content, LONG, inflate, all, all.capacity(), LONG + 1);
            requireSame(content, LONG, inflate, all, 4_099, 10_007);
            for (int level : new int[] {Deflater.NO_COMPRESSION, Deflater.BEST_SPEED}) {
                ByteBuffer few = deflate(content, SHORT, level);
                int end = few.capacity() - TRAILER_BYTES;
                for (int piece : new int[] {1, end - 1, end, end + 3}) {
                    requireSame(content, SHORT, inflate, few, piece, SHORT);
                }
                requireSame(content, SHORT, inflate, few, end, 1);
                requireSame(content, 0, inflate, deflate(content, 0, level), 1, 1);
            }
            requireRefusal(inflate);
            require(inflate.isOfKnownSize(), "the size of its state");
        } finally {
            inflate.close();
        }
    }

    /** Some noise and, of what came before it, ever more; fast to make, and fast to compress. */
    private static byte[] content() {
        byte[] content = new byte[LONG];
        int noise = 1;
        for (int i = 0; i < NOISE; i++) {
            noise = noise * 1_103_515_245 + 12_345;
            content[i] = (byte) (noise >>> 25); // seven bits of eight: worth compressing
        }
        int at = NOISE;
        while (at < LONG) {
            int run = Math.min(at / 2, LONG - at);
            System.arraycopy(content, at / 3, content, at, run);
            at += run;
        }
        return content;
    }

    /** A stream of the first {@code length} bytes, and what stands behind one in a gzip member. */
    private static ByteBuffer deflate(byte[] content, int length, int level) {
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        try (Deflater deflater = new Deflater(level, true)) {
            deflater.setInput(content, 0, length);
            deflater.finish();
            byte[] piece = new byte[8_192];
            while (!deflater.finished()) {
                stream.write(piece, 0, deflater.deflate(piece));
            }
        }
        for (int i = 1; i <= TRAILER_BYTES; i++) {
            stream.write(i);
        }
        return direct(stream.toByteArray());
    }

    private static void requireSame(
            byte[] content, int length, IsalInflate inflate, ByteBuffer stream, int piece, int room) {
        ByteBuffer target = ByteBuffer.allocateDirect(length + 1);
        inflate.reset();
        boolean finished = false;
        stream.position(0).limit(0);
        while (!finished && (stream.limit() < stream.capacity() || target.position() < length)) {
            if (!stream.hasRemaining()) {
                stream.limit(Math.min(stream.capacity(), stream.limit() + piece));
            }
            target.limit(Math.min(target.capacity(), target.position() + room));
            int before = stream.position() + target.position();
            finished = inflate.inflate(stream, target, 0);
            require(finished || stream.position() + target.position() > before, "progress");
        }
        require(finished, "an end");
        int end = stream.position() - inflate.overread();
        require(end == stream.capacity() - TRAILER_BYTES, "the end where it is");
        for (int i = 0; i < inflate.overread(); i++) {
            require((byte) (inflate.overreadBytes() >>> (8 * i)) == i + 1, "the bytes behind the end");
        }
        byte[] got = new byte[target.position()];
        target.get(0, got);
        require(Arrays.equals(got, 0, got.length, content, 0, length), "the content");
    }

    /** A last block of the type that does not exist. */
    private static void requireRefusal(IsalInflate inflate) {
        inflate.reset();
        boolean refused = false;
        try {
            inflate.inflate(direct(new byte[] {7, 0, 0, 0, 0, 0, 0, 0}), ByteBuffer.allocateDirect(1), 0);
        } catch (Failure invalid) {
            refused = true;
        }
        require(refused, "a refusal");
    }

    private static ByteBuffer direct(byte[] bytes) {
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }

    private static void require(boolean held, String what) {
        if (!held) {
            throw Failure.of(Category.INTERNAL, "wanted " + what);
        }
    }
}
