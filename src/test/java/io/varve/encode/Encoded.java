package io.varve.encode;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;

/** What streams are encoded to, and what tests encode. */
public final class Encoded {
    private static final String WORDS =
            "lib usr share include linux x86_64 module version 0 root -rw-r--r-- the of and layer \n\0";

    private Encoded() {}

    /** @param write how many bytes are taken at once */
    static byte[] of(Encoding encoding, byte[] plain, int write) throws Exception {
        SegmentedStream stream = new SegmentedStream(encoding.encoder());
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(stream.head());
        for (int at = 0; at < plain.length; at += write) {
            ByteBuf slab = Unpooled.wrappedBuffer(plain, at, Math.min(write, plain.length - at));
            stream.take(slab);
            for (Callable<Encoder.Encoded> next = stream.next(); next != null; next = stream.next()) {
                append(next, out);
            }
        }
        Callable<Encoder.Encoded> last = stream.last();
        if (last != null) {
            append(last, out);
        }
        out.writeBytes(stream.tail());
        return out.toByteArray();
    }

    /** All of it, on this thread. */
    public static byte[] of(Encoding encoding, byte[] plain) throws Exception {
        return of(encoding, plain, 256 << 10);
    }

    private static void append(Callable<Encoder.Encoded> segment, ByteArrayOutputStream out) throws Exception {
        Encoder.Encoded encoded = segment.call();
        out.write(encoded.bytes(), 0, encoded.length());
    }

    /** The same at any time: words as they come, which repeat. */
    static byte[] text(int size) {
        Random random = new Random(7);
        String[] words = WORDS.split(" ", -1);
        StringBuilder text = new StringBuilder(size + 16);
        while (text.length() < size) {
            text.append(words[random.nextInt(words.length)]).append(random.nextInt(8) == 0 ? random.nextInt() : "");
        }
        return text.substring(0, size).getBytes(US_ASCII);
    }

    static byte[] random(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    static byte[] run(int size) {
        byte[] bytes = new byte[size];
        Arrays.fill(bytes, (byte) 'a');
        return bytes;
    }

    /** Noise that comes again as far away. */
    static byte[] again(int distance, int length) {
        byte[] noise = random(distance);
        byte[] bytes = Arrays.copyOf(noise, distance + length);
        System.arraycopy(noise, 0, bytes, distance, length);
        return bytes;
    }

    /** By what it is, with the lengths around this one among them. */
    static Map<String, byte[]> inputs(int segment) {
        Map<String, byte[]> inputs = new LinkedHashMap<>();
        inputs.put("nothing", new byte[0]);
        for (int length : new int[] {1, 2, 3, 4, 5, 7, 8, 9}) {
            inputs.put(length + " bytes", run(length));
        }
        for (int length : new int[] {257, 258, 259, 260, 261, 262, 516, 517}) {
            inputs.put("a run of " + length, run(1 + length));
        }
        for (int distance : new int[] {1, 4, 32_767, 32_768, 32_769}) {
            inputs.put("again after " + distance, again(distance, Math.min(distance, 300)));
        }
        inputs.put("text", text(100_000));
        inputs.put("noise", random(100_000));
        for (int length : new int[] {segment - 1, segment, segment + 1}) {
            inputs.put("text of " + length, text(length));
            inputs.put("noise of " + length, random(length));
            inputs.put("a run of " + length, run(length));
        }
        inputs.put("across segments", again(segment - 100, 300));
        return inputs;
    }
}
