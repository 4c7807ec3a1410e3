package io.varve.archive;

import io.varve.failure.Failure;
import io.varve.layout.LayoutReference;
import io.varve.manifest.PlanLimits;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.ImageName;
import io.varve.oci.Platform;
import io.varve.oci.Reference;
import io.varve.pipeline.ChannelSource;
import io.varve.pipeline.Image;
import io.varve.pipeline.Images;
import org.jspecify.annotations.Nullable;

/** Images as files. Any thread; blocks. */
public final class Exports {
    private final Images images;
    private final PlanLimits limits;

    public Exports(Images images, PlanLimits limits) {
        this.images = images;
        this.limits = limits;
    }

    /**
     * An image or artifact of the store as an OCI layout.
     *
     * @param platform null for all there are
     * @throws Failure NotFound when it is not there, or not all of it
     */
    public ImageArchive layout(ImageName name, @Nullable Platform platform) {
        Descriptor root = platform == null
                ? images.find(name)
                : images.plan(name, platform).descriptor();
        Reference called = called(name);
        return LayoutExport.of(images.source(root), limits, plain(root), called == null ? null : called.toString());
    }

    /** The same of one that is in a layout: nothing of it comes into the store. */
    public ImageArchive layout(LayoutReference reference, @Nullable Platform platform) {
        ChannelSource source = images.source(reference);
        Descriptor named = images.find(reference);
        Descriptor root =
                platform == null ? named : images.plan(reference, platform).descriptor();
        return LayoutExport.of(source, limits, plain(root), named.annotations().get(Descriptor.REF_NAME));
    }

    /** What an index of images, or an older archive, said about it is not said again. */
    private static Descriptor plain(Descriptor root) {
        return Descriptor.of(root.mediaType(), root.digest(), root.size());
    }

    /**
     * An image as what Docker loads.
     *
     * @param name what it was asked for by
     */
    public static ImageArchive docker(Image image, ImageName name) {
        return new DockerExport(image, called(name));
    }

    /** The same of one that is in a layout. */
    public static ImageArchive docker(Image image, LayoutReference reference) {
        return new DockerExport(image, ImportedName.orNull(reference.name()));
    }

    public static ImageArchive rootfs(Image image) {
        return new RootfsExport(image);
    }

    /** What the archive calls it: a digest is no name. */
    private static @Nullable Reference called(ImageName name) {
        return switch (name) {
            case Digest digest -> null;
            case Reference reference -> reference.digest() == null ? reference.withDefaultTag() : null;
        };
    }
}
