package io.varve.cli;

import io.varve.catalogue.Node;
import io.varve.layout.LayoutReference;
import io.varve.oci.ImageName;
import io.varve.oci.Platform;
import io.varve.oci.Reference;
import io.varve.pipeline.Origin;
import io.varve.pipeline.Platforms;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.Pulls;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What commands do to a store: by themselves, or by asking the service that serves it. Blocks. */
interface StoreWork {

    /** As {@link Pulls#pull(List, Reference, Platforms, PullListener)}. */
    List<Pulls.Outcome> pull(
            List<Origin> origins, @Nullable Reference name, Platforms platforms, PullListener listener);

    /** Brings what the store lacks of an image of a layout, if that is not done by whoever opens it. */
    void bring(LayoutReference reference, @Nullable Platform platform, PullListener listener);

    void tag(ImageName image, Reference name);

    /** Takes the names away, all of them or none; what was taken away. */
    List<String> remove(List<ImageName> images);

    /** @param dryRun only says what would be removed */
    Removed collect(boolean dryRun);

    /** @param bytes that are free, or would be */
    record Removed(List<Node> nodes, long bytes) {}
}
