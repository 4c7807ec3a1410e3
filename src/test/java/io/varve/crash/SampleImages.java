package io.varve.crash;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.luben.zstd.ZstdOutputStream;
import io.varve.layout.LayoutWriter;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.ImageConfig;
import io.varve.oci.Index;
import io.varve.oci.Json;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPOutputStream;

/**
 * Small images in a layout, always the same ones: stacks that share bases and layers, layers that come in several
 * compressions, an image without layers, image indexes. Image i is called {@code image-i}.
 */
final class SampleImages {
    /** What the workload pulls of image indexes. */
    static final Platform PLATFORM = Platform.parse("linux/amd64");

    private static final long SEED = 7;
    private static final int LAYERS = 12;
    private static final int STACKS = 16;

    /** Above what a commit brings to the disk by itself, before it joins a group. */
    private static final int LARGE = 4_300_000;

    /** More than is written at once, so that there is something to go on with. */
    private static final int RESUMABLE = 600_000;

    private final Random random = new Random(SEED);
    private final LayoutWriter layout;
    private final List<Descriptor> images = new ArrayList<>();

    private SampleImages(LayoutWriter layout) {
        this.layout = layout;
    }

    /** Writes the layout; where it is. */
    static Path write(Path directory) throws IOException {
        SampleImages samples = new SampleImages(LayoutWriter.create(directory));
        List<byte[]> tars = new ArrayList<>();
        for (int i = 0; i < LAYERS; i++) {
            tars.add(samples.tar(i));
        }
        for (int i = 0; i < STACKS; i++) {
            List<byte[]> stack = new ArrayList<>(tars.subList(0, samples.random.nextInt(3)));
            for (int more = samples.random.nextInt(3); more > 0; more--) {
                stack.add(tars.get(3 + samples.random.nextInt(LAYERS - 4)));
            }
            if (i == STACKS - 1) {
                stack.add(tars.getLast());
            }
            samples.name(samples.image(PLATFORM, stack));
        }
        Platform other = Platform.parse("linux/arm64");
        for (int i = 0; i < 2; i++) {
            Descriptor foreign = samples.image(other, List.of(tars.get(i), tars.get(5)));
            Descriptor own = samples.images.get(samples.random.nextInt(STACKS - 1));
            samples.name(samples.index(Map.of(PLATFORM, own, other, foreign)));
        }
        return directory;
    }

    private void name(Descriptor image) {
        layout.tag("image-" + images.size(), image);
        images.add(image);
    }

    private Descriptor image(Platform platform, List<byte[]> stack) throws IOException {
        List<Digest> diffIds = stack.stream().map(Digest::sha256).toList();
        List<Descriptor> blobs = new ArrayList<>();
        for (byte[] tar : stack) {
            blobs.add(blob(tar));
        }
        Descriptor config = layout.write(
                MediaType.Known.OCI_CONFIG, ImageConfig.of(platform, diffIds).bytes());
        return layout.write(
                MediaType.Known.OCI_MANIFEST, Manifest.of(config, blobs).bytes());
    }

    /** A layer, packed in one way or another. */
    private Descriptor blob(byte[] tar) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        return switch (random.nextInt(3)) {
            case 0 -> layout.write(MediaType.Known.OCI_LAYER, tar);
            case 1 -> {
                try (OutputStream out = new GZIPOutputStream(packed)) {
                    out.write(tar);
                }
                yield layout.write(MediaType.Known.OCI_LAYER_GZIP, packed.toByteArray());
            }
            default -> {
                try (OutputStream out = new ZstdOutputStream(packed)) {
                    out.write(tar);
                }
                yield layout.write(MediaType.Known.OCI_LAYER_ZSTD, packed.toByteArray());
            }
        };
    }

    /** An image index of these images. */
    private Descriptor index(Map<Platform, Descriptor> listed) {
        ObjectNode index = Index.of(List.of()).toJson();
        ArrayNode entries = index.putArray("manifests");
        listed.forEach((platform, image) -> {
            ObjectNode entry = image.toJson();
            entry.putObject("platform").put("os", platform.os()).put("architecture", platform.architecture());
            entries.add(entry);
        });
        return layout.write(MediaType.Known.OCI_INDEX, Json.write(index));
    }

    private byte[] tar(int number) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        TarWriter tar = new TarWriter(bytes);
        tar.write(TarEntry.of(TarType.DIRECTORY, "d/", "", 0755));
        int files = 1 + random.nextInt(5);
        for (int i = 0; i < files; i++) {
            file(tar, "d/file-" + random.nextInt(8), random.nextInt(12_000));
        }
        file(tar, "d/own-" + number, number == LAYERS - 1 ? LARGE : number % 4 == 1 ? RESUMABLE : 10);
        tar.write(TarEntry.of(TarType.HARDLINK, "again-" + number, "d/own-" + number, 0644));
        tar.write(TarEntry.of(TarType.SYMLINK, "link", "d/own-" + number, 0777));
        if (number >= 3) {
            file(tar, "d/.wh.file-" + random.nextInt(8), 0);
        }
        tar.finish();
        return bytes.toByteArray();
    }

    private void file(TarWriter tar, String name, int size) throws IOException {
        byte[] content = new byte[size];
        random.nextBytes(content);
        byte[] label = name.getBytes(UTF_8);
        System.arraycopy(label, 0, content, 0, Math.min(size, label.length));
        tar.write(TarEntry.of(TarType.REGULAR, name, "", 0644).withSize(size), new ByteArrayInputStream(content));
    }
}
