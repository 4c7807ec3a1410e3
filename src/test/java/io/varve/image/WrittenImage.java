package io.varve.image;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.luben.zstd.ZstdOutputStream;
import io.varve.layout.LayoutWriter;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.ImageConfig;
import io.varve.oci.Json;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.oci.Platform;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.zip.GZIPOutputStream;

/** An image in a layout of its own, which may be wrong in any way: nothing that it is told is checked. */
final class WrittenImage {
    private final Path directory;
    private final LayoutWriter layout;
    private final List<Descriptor> blobs = new ArrayList<>();
    private final List<Digest> diffIds = new ArrayList<>();

    /** @param directory new or empty */
    WrittenImage(Path directory) {
        this.directory = directory;
        layout = LayoutWriter.create(directory);
    }

    WrittenImage gzip(Tarball tar) throws IOException {
        return layer(MediaType.Known.OCI_LAYER_GZIP, gzipped(tar.bytes()), Digest.sha256(tar.bytes()));
    }

    WrittenImage zstd(byte[] tar) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = new ZstdOutputStream(bytes)) {
            out.write(tar);
        }
        return layer(MediaType.Known.OCI_LAYER_ZSTD, bytes.toByteArray(), Digest.sha256(tar));
    }

    WrittenImage layer(MediaType type, byte[] blob, Digest diffId) {
        blobs.add(layout.write(type, blob));
        return diffId(diffId);
    }

    /** One more diffId in the configuration. */
    WrittenImage diffId(Digest diffId) {
        diffIds.add(diffId);
        return this;
    }

    /** Where the last layer's blob is. */
    Path blob() {
        return directory
                .resolve("blobs/sha256")
                .resolve(blobs.getLast().digest().hex());
    }

    String tag() {
        return tag(config -> {}, manifest -> {});
    }

    /** Ends the image, its documents changed before they are written; returns the reference to it. */
    String tag(Consumer<ObjectNode> configChange, Consumer<ObjectNode> manifestChange) {
        ObjectNode config = ImageConfig.of(Platform.ofThisMachine(), diffIds).toJson();
        configChange.accept(config);
        Descriptor stored = layout.write(MediaType.Known.OCI_CONFIG, Json.write(config));
        ObjectNode manifest = Manifest.of(stored, blobs).toJson();
        manifestChange.accept(manifest);
        layout.tag("it", layout.write(MediaType.Known.OCI_MANIFEST, Json.write(manifest)));
        return "oci:" + directory + ":it";
    }

    static byte[] gzipped(byte[] tar) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out = new GZIPOutputStream(bytes)) {
            out.write(tar);
        }
        return bytes.toByteArray();
    }
}
