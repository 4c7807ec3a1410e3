package io.varve.pipeline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.manifest.LayerPlan;
import io.varve.oci.ChainId;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
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
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;

/**
 * An image of made-up layers that a fake source has.
 *
 * @param layers base first
 */
public record FakeImage(Descriptor manifest, Descriptor config, List<LayerPlan> layers) {

    /** Its layers are as large as said, the blobs compressed. */
    public static FakeImage gzip(FakeSource source, String name, int... sizes) {
        List<LayerPlan> layers = new ArrayList<>();
        for (int i = 0; i < sizes.length; i++) {
            layers.add(gzipLayer(source, tar(name + i, sizes[i])));
        }
        return of(source, layers.toArray(LayerPlan[]::new));
    }

    public static FakeImage of(FakeSource source, LayerPlan... layers) {
        List<Digest> diffIds = Arrays.stream(layers).map(LayerPlan::diffId).toList();
        Descriptor config = source.add(
                MediaType.Known.OCI_CONFIG,
                ImageConfig.of(Platform.ofThisMachine(), diffIds).bytes());
        Manifest manifest =
                Manifest.of(config, Arrays.stream(layers).map(LayerPlan::blob).toList());
        return new FakeImage(source.add(MediaType.Known.OCI_MANIFEST, manifest.bytes()), config, List.of(layers));
    }

    /** An image index that has each of these images for the platform beside it. */
    public static Descriptor index(FakeSource source, List<Descriptor> images, List<Platform> platforms) {
        ObjectNode json = Index.of(images).toJson();
        for (int i = 0; i < images.size(); i++) {
            Platform platform = platforms.get(i);
            ((ObjectNode) json.withArray("manifests").get(i))
                    .putObject("platform")
                    .put("os", platform.os())
                    .put("architecture", platform.architecture());
        }
        byte[] bytes = Json.write(json);
        return source.add(Document.parse(bytes, Json.DEFAULT_LIMIT).mediaType(), bytes);
    }

    public static LayerPlan gzipLayer(FakeSource source, byte[] tar) {
        return new LayerPlan(source.add(MediaType.Known.OCI_LAYER_GZIP, gzipped(tar)), Digest.sha256(tar));
    }

    public static LayerPlan plainLayer(FakeSource source, byte[] tar) {
        return new LayerPlan(source.add(MediaType.Known.OCI_LAYER, tar), Digest.sha256(tar));
    }

    /** A tar of one file of noise. */
    public static byte[] tar(String name, int bytes) {
        byte[] content = new byte[bytes];
        new Random(name.hashCode()).nextBytes(content);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            TarWriter tar = new TarWriter(out);
            tar.write(TarEntry.of(TarType.REGULAR, name, "", 0644).withSize(bytes), new ByteArrayInputStream(content));
            tar.finish();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    public static byte[] gzipped(byte[] tar) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(tar);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return packed.toByteArray();
    }

    /** Manifest, configuration and layers. */
    public List<Descriptor> blobs() {
        List<Descriptor> blobs = new ArrayList<>(List.of(manifest, config));
        layers.forEach(layer -> blobs.add(layer.blob()));
        return blobs;
    }

    public Digest chainId() {
        return ChainId.of(layers.stream().map(LayerPlan::diffId).toList()).digest();
    }
}
