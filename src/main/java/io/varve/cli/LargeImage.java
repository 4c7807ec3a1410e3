package io.varve.cli;

import static java.nio.charset.StandardCharsets.US_ASCII;

import com.github.luben.zstd.ZstdOutputStream;
import io.varve.layout.LayoutWriter;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.ImageConfig;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.oci.Platform;
import io.varve.tar.TarEntry;
import io.varve.tar.TarType;
import io.varve.tar.TarWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;

/** An image that takes a moment to pull: a gzip layer and a zstd layer of some thousand files that compress as programs do. */
final class LargeImage {
    static final String NAME = "large";

    private static final int FILES = 1500;
    private static final int FILE_BYTES = 16 << 10;
    private static final int DIRECTORIES = 40;

    private LargeImage() {}

    /** Writes the image as a new layout. */
    static void write(Path directory) throws IOException {
        LayoutWriter layout = LayoutWriter.create(directory);
        byte[] lower = tar("usr/lib", 1);
        byte[] upper = tar("usr/share", 2);
        ByteArrayOutputStream gzip = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(gzip)) {
            out.write(lower);
        }
        ByteArrayOutputStream zstd = new ByteArrayOutputStream();
        try (OutputStream out = new ZstdOutputStream(zstd)) {
            out.write(upper);
        }
        ImageConfig config =
                ImageConfig.of(Platform.ofThisMachine(), List.of(Digest.sha256(lower), Digest.sha256(upper)));
        Manifest manifest = Manifest.of(
                layout.write(MediaType.Known.OCI_CONFIG, config.bytes()),
                List.of(
                        layout.write(MediaType.Known.OCI_LAYER_GZIP, gzip.toByteArray()),
                        layout.write(MediaType.Known.OCI_LAYER_ZSTD, zstd.toByteArray())));
        Descriptor image = layout.write(MediaType.Known.OCI_MANIFEST, manifest.bytes());
        layout.tag(NAME, image);
    }

    private static byte[] tar(String directory, int seed) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        TarWriter tar = new TarWriter(bytes);
        Random random = new Random(seed);
        for (int i = 0; i < FILES; i++) {
            String name = directory + "/" + i % DIRECTORIES + "/file-" + i;
            byte[] content = content(random);
            TarEntry entry = TarEntry.of(TarType.REGULAR, name, "", 0644).withSize(content.length);
            tar.write(entry, new ByteArrayInputStream(content));
        }
        tar.finish();
        return bytes.toByteArray();
    }

    /** Bytes of which half are new and half were there a while ago. */
    private static byte[] content(Random random) {
        byte[] bytes = new byte[FILE_BYTES];
        byte[] word = "0123456789abcdef".getBytes(US_ASCII);
        for (int at = 0; at < bytes.length; at += word.length) {
            if (random.nextBoolean()) {
                random.nextBytes(word);
            }
            System.arraycopy(word, 0, bytes, at, word.length);
        }
        return bytes;
    }
}
