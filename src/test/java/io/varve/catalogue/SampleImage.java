package io.varve.catalogue;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.varve.oci.ChainId;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.ImageConfig;
import io.varve.oci.Index;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.oci.Platform;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** An image of layers that are known by a letter or a word: every blob has 1,000 bytes, every layer 10,000. */
record SampleImage(Descriptor descriptor, Manifest manifest, ImageConfig config, Platform platform) {
    static final Instant NOW = Instant.parse("2026-11-22T18:00:00Z");
    static final long BLOB_BYTES = 1_000;
    static final long TAR_BYTES = 10_000;

    static SampleImage of(String... layers) {
        return on("linux/amd64", layers);
    }

    static SampleImage on(String platform, String... layers) {
        List<Descriptor> blobs = new ArrayList<>();
        List<Digest> diffIds = new ArrayList<>();
        for (String layer : layers) {
            blobs.add(blob(MediaType.Known.OCI_LAYER_GZIP, "blob " + layer));
            diffIds.add(diffId(layer));
        }
        ImageConfig config = ImageConfig.of(Platform.parse(platform), diffIds);
        Manifest manifest = Manifest.of(blob(MediaType.Known.OCI_CONFIG, new String(config.bytes(), UTF_8)), blobs);
        return new SampleImage(
                blob(MediaType.Known.OCI_MANIFEST, new String(manifest.bytes(), UTF_8)),
                manifest,
                config,
                Platform.parse(platform));
    }

    /** Has the digest that such an image index would have. */
    static Descriptor index(Index index) {
        return blob(MediaType.Known.OCI_INDEX, new String(index.bytes(), UTF_8));
    }

    static Descriptor blob(MediaType mediaType, String content) {
        return Descriptor.of(mediaType, digest(content), BLOB_BYTES);
    }

    static Digest digest(String content) {
        return Digest.sha256(content.getBytes(UTF_8));
    }

    static Digest diffId(String layer) {
        return digest("tar " + layer);
    }

    Digest digest() {
        return descriptor.digest();
    }

    Digest chainId() {
        return ChainId.of(config.diffIds()).digest();
    }

    Node node() {
        return Node.blob(digest());
    }

    /** Manifest, configuration and layer blobs. */
    List<Node> blobs() {
        List<Node> blobs =
                new ArrayList<>(List.of(node(), Node.blob(manifest.config().digest())));
        manifest.layers().forEach(layer -> blobs.add(Node.blob(layer.digest())));
        return blobs.stream().distinct().toList();
    }

    List<Node> layers() {
        return config.diffIds().stream().map(Node::layer).distinct().toList();
    }

    /** All that it is made of. */
    List<Node> nodes() {
        List<Node> nodes = new ArrayList<>(blobs());
        nodes.addAll(layers());
        nodes.add(Node.index(chainId()));
        return nodes;
    }

    void record(Transaction transaction, Instant now) {
        transaction.manifest(descriptor, manifest, config, platform, now);
    }

    /** Records it, and says of all its blobs and layers that they are there. */
    void store(Transaction transaction, Instant now) {
        record(transaction, now);
        blobs().forEach(blob -> transaction.present(blob, BLOB_BYTES, null, now));
        layers().forEach(layer -> transaction.present(layer, TAR_BYTES, null, now));
    }
}
