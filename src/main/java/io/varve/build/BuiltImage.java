package io.varve.build;

import io.varve.build.BuildSpec.ConfigSpec;
import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.ImageConfig;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The documents of an image for one platform, over its base and its layers. */
record BuiltImage(Base base, List<MadeLayer> layers, ImageConfig config, Manifest manifest, Descriptor descriptor) {

    /** @param base none when all of it is in the layers */
    static BuiltImage of(Base base, List<MadeLayer> layers, ImageConfig from, Map<String, String> annotations) {
        List<Descriptor> blobs = new ArrayList<>();
        base.blobs().forEach(blob -> blobs.add(Layers.inManifest(blob)));
        layers.forEach(layer -> blobs.add(layer.blob()));
        Descriptor config = Descriptor.of(MediaType.Known.OCI_CONFIG, Digest.sha256(from.bytes()), from.bytes().length);
        Manifest manifest = Manifest.of(config, blobs).annotated(annotations);
        Descriptor descriptor =
                Descriptor.of(MediaType.Known.OCI_MANIFEST, Digest.sha256(manifest.bytes()), manifest.bytes().length);
        return new BuiltImage(base, layers, from, manifest, descriptor);
    }

    /** With what the spec changes of the base's configuration. */
    static BuiltImage of(
            Base base, List<MadeLayer> layers, ConfigSpec spec, Instant created, Map<String, String> annotations) {
        List<Digest> diffIds = new ArrayList<>(base.diffIds());
        layers.forEach(layer -> diffIds.add(layer.diffId()));
        ImageConfig config = ConfigEdit.of(
                base.config(),
                base.platform(),
                spec,
                created,
                diffIds,
                layers.stream().map(MadeLayer::step).toList());
        return of(base, layers, config, annotations);
    }

    /**
     * Whether others would take it.
     *
     * @param most bytes of a document
     * @throws Failure Exceeded when they would not
     */
    void check(long most) {
        int largest = Math.max(config.bytes().length, manifest.bytes().length);
        if (largest > most) {
            throw Failure.exceeded("bytes of the manifest or the configuration", largest, most, "limits.manifestBytes");
        }
    }
}
