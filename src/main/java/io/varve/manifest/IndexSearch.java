package io.varve.manifest;

import io.varve.oci.Descriptor;
import io.varve.oci.Index;
import io.varve.oci.Platform;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The way through one image index and those nested in it, in the order they list their entries. Keeps the nearest image and
 * no others, so that what is held does not grow with what is read.
 */
final class IndexSearch {
    private final DocumentReader reader;
    private final PlanLimits limits;
    private final Platform wanted;

    /** The images whose entries state a platform. */
    private final PlatformChoice<Descriptor> stated;

    /** Those whose entries do not; no more than may be read. */
    private final List<Descriptor> silent = new ArrayList<>();

    IndexSearch(DocumentReader reader, PlanLimits limits, Platform wanted) {
        this.reader = reader;
        this.limits = limits;
        this.wanted = wanted;
        this.stated = new PlatformChoice<>(wanted);
    }

    PlatformChoice<Descriptor> stated() {
        return stated;
    }

    List<Descriptor> silent() {
        return silent;
    }

    void offer(Index index) {
        new IndexWalk(reader, limits, entry -> mayLeadToWanted(entry.platform()), other -> {})
                .manifests(index, this::offer);
    }

    private void offer(Descriptor image) {
        Platform platform = image.platform();
        if (platform != null) {
            stated.offer(platform, image);
        } else if (silent.size() <= limits.documents()) {
            silent.add(image);
        }
    }

    private boolean mayLeadToWanted(@Nullable Platform platform) {
        return platform == null || wanted.distanceTo(platform).isPresent();
    }
}
