package io.varve.image;

import com.github.luben.zstd.ZstdOutputStream;
import io.varve.layout.LayoutReference;
import io.varve.layout.LayoutWriter;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.ImageConfig;
import io.varve.oci.Index;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.oci.Platform;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;

/** An image of hand-made layers in an OCI layout of its own, base first. */
final class LayoutImage {
    private final LayoutWriter layout;
    private final LayoutReference reference;
    private final List<Descriptor> blobs = new ArrayList<>();
    private final List<Digest> diffIds = new ArrayList<>();

    /** @param directory new or empty */
    LayoutImage(Path directory) {
        layout = LayoutWriter.create(directory);
        reference = LayoutReference.parse("oci:" + directory);
    }

    /** A layer whose blob is its tar. */
    LayoutImage plain(byte[] tar) {
        return layer(MediaType.Known.OCI_LAYER, tar, Digest.sha256(tar));
    }

    LayoutImage gzip(byte[] tar) throws IOException {
        return layer(MediaType.Known.OCI_LAYER_GZIP, gzipped(tar), Digest.sha256(tar));
    }

    LayoutImage zstd(byte[] tar, int windowLog) throws IOException {
        return layer(MediaType.Known.OCI_LAYER_ZSTD, zstd(windowLog, tar), Digest.sha256(tar));
    }

    /** A layer of which all three may be lies. */
    LayoutImage layer(MediaType label, byte[] blob, Digest diffId) {
        blobs.add(layout.write(label, blob));
        diffIds.add(diffId);
        return this;
    }

    /** The image, written; its name is the layout's only one. */
    LayoutReference write() {
        return write(0);
    }

    /** The image behind that many image indexes, one in the other. */
    LayoutReference write(int indexes) {
        Descriptor config = layout.write(
                MediaType.Known.OCI_CONFIG,
                ImageConfig.of(Platform.ofThisMachine(), diffIds).bytes());
        Descriptor image = layout.write(
                MediaType.Known.OCI_MANIFEST, Manifest.of(config, blobs).bytes());
        for (int i = 0; i < indexes; i++) {
            image = layout.write(
                    MediaType.Known.OCI_INDEX, Index.of(List.of(image)).bytes());
        }
        layout.tag("image", image);
        return reference;
    }

    /** The bytes of the largest document that the image needs read, once it is written. */
    long largestDocument(LayoutReference written) {
        Descriptor image = layout.layout().resolve(written);
        long config = ImageConfig.of(Platform.ofThisMachine(), diffIds).bytes().length;
        long index = layout.layout().index().bytes().length;
        return Math.max(index, Math.max(image.size(), config));
    }

    static byte[] gzipped(byte[] bytes) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        }
        return packed.toByteArray();
    }

    /** One frame that does not say how long it is, so that its window is what it asks for. */
    static byte[] zstd(int windowLog, byte[] bytes) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (ZstdOutputStream out = new ZstdOutputStream(packed)) {
            out.setLong(windowLog);
            out.write(bytes);
        }
        return packed.toByteArray();
    }
}
