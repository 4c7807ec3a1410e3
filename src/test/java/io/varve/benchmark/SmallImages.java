package io.varve.benchmark;

import io.varve.catalogue.Node;
import io.varve.catalogue.Transaction;
import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.varve.oci.ImageConfig;
import io.varve.oci.Index;
import io.varve.oci.Json;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.oci.Platform;
import io.varve.pipeline.ChannelSource;
import io.varve.tar.TarEntry;
import io.varve.tar.TarType;
import io.varve.tar.TarWriter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.GZIPOutputStream;

/** Images of one small layer each, in memory: a manifest, a configuration and a gzip blob that nobody else has. */
final class SmallImages implements ChannelSource {
    private final Map<Digest, byte[]> blobs = new ConcurrentHashMap<>();

    /** The manifest of a new image, which is different for every number. */
    Descriptor make(int number) throws IOException {
        byte[] content = ("this is image " + number).getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        TarWriter tar = new TarWriter(out);
        tar.write(
                TarEntry.of(TarType.REGULAR, "etc/motd", "", 0644).withSize(content.length),
                new ByteArrayInputStream(content));
        tar.finish();
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(out.toByteArray());
        }
        Descriptor layer = add(MediaType.Known.OCI_LAYER_GZIP, packed.toByteArray());
        ImageConfig config = ImageConfig.of(Platform.ofThisMachine(), List.of(Digest.sha256(out.toByteArray())));
        Descriptor configuration = add(MediaType.Known.OCI_CONFIG, config.bytes());
        return add(
                MediaType.Known.OCI_MANIFEST,
                Manifest.of(configuration, List.of(layer)).bytes());
    }

    /** Everything that a manifest of here needs, and itself. */
    List<Descriptor> blobs(Descriptor manifest) {
        Manifest parsed = manifest(manifest);
        return List.of(parsed.layers().getFirst(), parsed.config(), manifest);
    }

    /** Tells the catalogue that an image of here, without its layer, is there. */
    void record(Transaction transaction, Descriptor manifest) {
        Instant now = Instant.now();
        for (Descriptor blob : blobs(manifest)) {
            transaction.present(Node.blob(blob.digest()), blob.size(), blob.mediaType(), now);
        }
        Manifest parsed = manifest(manifest);
        ImageConfig config = ImageConfig.parse(bytes(parsed.config()), Json.DEFAULT_LIMIT);
        transaction.manifest(manifest, parsed, config, config.platform(), now);
    }

    private Manifest manifest(Descriptor descriptor) {
        return switch (Document.parse(bytes(descriptor), Json.DEFAULT_LIMIT)) {
            case Manifest manifest -> manifest;
            case Index index -> throw new IllegalStateException("got " + index.mediaType());
        };
    }

    private Descriptor add(MediaType mediaType, byte[] bytes) {
        Digest digest = Digest.sha256(bytes);
        blobs.put(digest, bytes);
        return Descriptor.of(mediaType, digest, bytes.length);
    }

    private byte[] bytes(Descriptor descriptor) {
        byte[] bytes = blobs.get(descriptor.digest());
        if (bytes == null) {
            throw Failure.notFound("there is no " + descriptor);
        }
        return bytes;
    }

    @Override
    public byte[] read(Descriptor descriptor, long limit) {
        return bytes(descriptor);
    }

    @Override
    public ReadableByteChannel open(Descriptor blob, long offset) {
        byte[] bytes = bytes(blob);
        int from = Math.toIntExact(offset);
        return Channels.newChannel(new ByteArrayInputStream(bytes, from, bytes.length - from));
    }

    @Override
    public String location() {
        return "memory";
    }
}
