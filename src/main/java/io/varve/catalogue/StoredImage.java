package io.varve.catalogue;

import io.varve.oci.Descriptor;
import io.varve.oci.MediaType;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A line of the list of images, to which artifacts belong.
 *
 * @param name null for an image that only a lease keeps
 * @param image a manifest or an image index
 * @param platforms of the image, or of those images of the image index that are in the store, {@code linux/amd64}
 * @param blobBytes of all blobs that it needs and that are in the store, each counted once
 * @param tarBytes of all layers that it needs and that are in the store, each counted once
 * @param updated when the name got this meaning, or the image came
 */
public record StoredImage(
        @Nullable String name,
        Descriptor image,
        List<String> platforms,
        long blobBytes,
        long tarBytes,
        Instant updated,
        Instant used) {

    /** Whether it is no image, and cannot be mounted: of a manifest that is one it is known what it is for. */
    public boolean isArtifact() {
        return platforms.isEmpty() && image.mediaType().kind() == MediaType.Kind.MANIFEST;
    }
}
