package io.varve.manifest;

import io.varve.oci.Descriptor;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import java.util.ArrayList;
import java.util.List;

/**
 * Something that is carried as images are and is none: a chart, a module, a signature. Kept as it is, and never looked into.
 *
 * @param manifest whose blobs all have digests that can be verified
 */
public record ArtifactPlan(Descriptor descriptor, Manifest manifest) implements Plan {

    /** What it is: what it says itself, else what its configuration is, or its first layer where that one is an image's. */
    public MediaType type() {
        MediaType told = manifest.artifactType();
        if (told != null) {
            return told;
        }
        MediaType config = manifest.config().mediaType();
        return config.kind() == MediaType.Kind.CONFIG
                ? manifest.layers().getFirst().mediaType()
                : config;
    }

    /** The configuration, of which nobody knows how large it is, and the layers. The same blob may stand there more than once. */
    @Override
    public List<Descriptor> blobs() {
        List<Descriptor> blobs = new ArrayList<>();
        blobs.add(manifest.config());
        blobs.addAll(manifest.layers());
        return List.copyOf(blobs);
    }
}
