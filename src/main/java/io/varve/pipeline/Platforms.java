package io.varve.pipeline;

import io.varve.oci.Platform;
import org.jspecify.annotations.Nullable;

/** Which images of a multi-platform one are meant. */
public sealed interface Platforms {
    Platforms HERE = new Nearest(null);

    /** @param wanted null for this machine's, or whatever the only one there is is for */
    record Nearest(@Nullable Platform wanted) implements Platforms {}

    /** Every one that the source has, of whatever an image index lists besides. */
    enum Present implements Platforms {
        PRESENT
    }

    /** Every one there is. */
    enum All implements Platforms {
        ALL
    }
}
