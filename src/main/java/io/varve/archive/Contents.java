package io.varve.archive;

import io.varve.failure.Failure;
import io.varve.layout.LayoutReference;
import io.varve.layout.NamedImage;
import io.varve.layout.OciLayout;
import io.varve.manifest.PlanLimits;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.pipeline.Cancellation;
import io.varve.pipeline.ChannelSource;
import io.varve.pipeline.LayoutSource;
import io.varve.tar.TarLimits;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a tar turned out to be. */
sealed interface Contents {

    /** Images, and where their documents and blobs are. */
    record Images(ChannelSource source, List<ArchivedImage> all) implements Contents {}

    /** The root filesystem of one. */
    record Rootfs() implements Contents {}

    /**
     * Looks into a tar that is not compressed. Blocks.
     *
     * @param wanted null for whatever it is
     * @param passing whether it is gone afterwards, so that it is no place where blobs can be had again
     * @throws Failure Invalid when it is nothing of the kind, or malformed; Exceeded when it passes a limit; Cancelled
     */
    static Contents of(
            Path archive,
            @Nullable ArchiveFormat wanted,
            PlanLimits plan,
            TarLimits tar,
            boolean passing,
            Cancellation going)
            throws IOException {
        if (wanted == ArchiveFormat.ROOTFS) {
            return new Rootfs();
        }
        Members members = new Members(archive, tar, going);
        return switch (wanted == null ? told(members) : wanted) {
            case OCI -> {
                members.check();
                members.file(ArchiveNames.MARKER);
                members.file(ArchiveNames.INDEX);
                yield layout(archive, plan, tar, passing, going);
            }
            case DOCKER -> {
                members.check();
                yield members.has(ArchiveNames.DOCKER)
                        ? new DockerImages(members, plan).read()
                        : new LegacyImages(members, plan).read();
            }
            case ROOTFS -> new Rootfs();
        };
    }

    private static ArchiveFormat told(Members members) {
        if (members.has(ArchiveNames.MARKER) && members.has(ArchiveNames.INDEX)) {
            return ArchiveFormat.OCI;
        }
        if (members.has(ArchiveNames.DOCKER) || members.has(ArchiveNames.REPOSITORIES)) {
            return ArchiveFormat.DOCKER;
        }
        if (members.looksLikeRootfs()) {
            return ArchiveFormat.ROOTFS;
        }
        throw Failure.invalid("got a tar with neither " + ArchiveNames.INDEX + " nor " + ArchiveNames.DOCKER
                + " nor /etc, /usr or the like in it; where it is a root filesystem, say the format rootfs");
    }

    private static Images layout(Path archive, PlanLimits plan, TarLimits tar, boolean passing, Cancellation going)
            throws IOException {
        LayoutReference reference = new LayoutReference(LayoutReference.Form.ARCHIVE, archive.toRealPath(), null, null);
        OciLayout layout = OciLayout.open(reference, plan.manifestBytes(), tar, going::check);
        Map<Digest, ArchivedImage> images = new LinkedHashMap<>();
        for (NamedImage image : layout.images()) {
            Descriptor descriptor = image.descriptor();
            ArchivedImage known = images.computeIfAbsent(
                    descriptor.digest(),
                    first -> new ArchivedImage(
                            Descriptor.of(descriptor.mediaType(), descriptor.digest(), descriptor.size()),
                            new ArrayList<>()));
            String name = descriptor.annotations().getOrDefault(ArchiveNames.CONTAINERD_NAME, image.name());
            if (name != null && !known.names().contains(name)) {
                known.names().add(name);
            }
        }
        if (images.size() > plan.documents()) {
            throw Failure.exceeded("images", images.size(), plan.documents(), "limits.documents");
        }
        return new Images(
                passing ? new LayoutSource(layout, null) : LayoutSource.of(layout, reference),
                List.copyOf(images.values()));
    }
}
