package io.varve.benchmark.regress;

import io.varve.oci.Digest;
import io.varve.tar.TarEntry;
import io.varve.tar.TarType;
import io.varve.tar.TarWriter;
import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.Random;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * One layer of made-up files as gzip. What is in them is cut from a pool that compresses to less than a half, as programs and texts
 * do; cuts are further apart than deflate looks back.
 */
final class SampleLayer {
    private static final int POOL = 4 << 20;
    private static final byte[] BYTES = pool();
    private static final int DIRECTORIES = 40;
    private static final int LEAST = 64;

    private final TarWriter tar;
    private final Random random;

    /** What puts files into a layer. */
    interface Content {
        void into(SampleLayer files) throws IOException;
    }

    private SampleLayer(TarWriter tar, Random random) {
        this.tar = tar;
        this.random = random;
    }

    /** @return the digest of the tar */
    static Digest write(Path file, long seed, Content content) throws IOException {
        MessageDigest hash = Digest.Algorithm.SHA256.hash();
        try (OutputStream out = Files.newOutputStream(file);
                OutputStream gzip = new FastGzip(out);
                OutputStream buffered = new BufferedOutputStream(new DigestOutputStream(gzip, hash), 1 << 16)) {
            TarWriter tar = new TarWriter(buffered);
            content.into(new SampleLayer(tar, new Random(seed)));
            tar.finish();
        }
        return Digest.of(Digest.Algorithm.SHA256, hash);
    }

    /** Of a file, in hex. */
    static String sha256(Path file) throws IOException {
        MessageDigest hash = Digest.Algorithm.SHA256.hash();
        try (InputStream in = new DigestInputStream(Files.newInputStream(file), hash)) {
            in.transferTo(OutputStream.nullOutputStream());
        }
        return HexFormat.of().formatHex(hash.digest());
    }

    /** Making the images is not measured, and so is to be quick. */
    private static final class FastGzip extends GZIPOutputStream {
        FastGzip(OutputStream out) throws IOException {
            super(out, 1 << 16);
            def.setLevel(Deflater.BEST_SPEED + 2);
        }
    }

    void text(String path, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        file(path, bytes, 0, bytes.length);
    }

    /** Files in some directories, of about {@code size} bytes. */
    void many(String place, int count, int size) throws IOException {
        for (int i = 0; i < Math.min(count, DIRECTORIES); i++) {
            tar.write(TarEntry.of(TarType.DIRECTORY, place + "/d" + i, "", 0755).withTime(1_700_000_000, 0));
        }
        for (int i = 0; i < count; i++) {
            made(path(place, i), size);
        }
    }

    /** The first files of {@link #many}, with other bytes in them. */
    void again(String place, int count, int size) throws IOException {
        for (int i = 0; i < count; i++) {
            made(path(place, i), size);
        }
    }

    /** The first files of {@link #many} are there no more. */
    void without(String place, int count) throws IOException {
        for (int i = 0; i < count; i++) {
            text(place + "/d" + i % DIRECTORIES + "/.wh.f" + i, "");
        }
    }

    /** Hard links and symlinks by turns to the first files of {@link #many} in another place. */
    void links(String place, String to, int count) throws IOException {
        tar.write(TarEntry.of(TarType.DIRECTORY, place, "", 0755).withTime(1_700_000_000, 0));
        for (int i = 0; i < count; i++) {
            String target = path(to, i);
            tar.write(
                    i % 2 == 0
                            ? TarEntry.of(TarType.HARDLINK, place + "/l" + i, target, 0644)
                            : TarEntry.of(TarType.SYMLINK, place + "/l" + i, "/" + target, 0777));
        }
    }

    private static String path(String place, int i) {
        return place + "/d" + i % DIRECTORIES + "/f" + i;
    }

    private void made(String path, int size) throws IOException {
        // Most files are small, and some are several times the usual size.
        double factor = random.nextDouble();
        int length = (int) Math.min(POOL / 2, LEAST + size * 3 * factor * factor);
        file(path, BYTES, random.nextInt(POOL - length), length);
    }

    private void file(String path, byte[] bytes, int from, int length) throws IOException {
        tar.write(
                TarEntry.of(TarType.REGULAR, path, "", 0644)
                        .withTime(1_700_000_000, 0)
                        .withSize(length),
                new ByteArrayInputStream(bytes, from, length));
    }

    private static byte[] pool() {
        Random random = new Random(11);
        byte[][] words = new byte[2000][];
        for (int i = 0; i < words.length; i++) {
            words[i] = new byte[2 + random.nextInt(9)];
            random.nextBytes(words[i]);
        }
        byte[] pool = new byte[POOL];
        int at = 0;
        while (at < POOL) {
            byte[] word = words[(int) (words.length * random.nextDouble() * random.nextDouble())];
            int length = Math.min(word.length, POOL - at);
            System.arraycopy(word, 0, pool, at, length);
            at += length;
        }
        return pool;
    }
}
