package io.varve.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.archive.ArchiveFormat;
import io.varve.archive.Imports;
import io.varve.build.BuildSpec;
import io.varve.catalogue.Node;
import io.varve.layout.LayoutReference;
import io.varve.oci.Compression;
import io.varve.oci.Descriptor;
import io.varve.oci.ImageName;
import io.varve.oci.Platform;
import io.varve.oci.Reference;
import io.varve.pipeline.Origin;
import io.varve.pipeline.Platforms;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.Pulls;
import io.varve.push.Pushed;
import io.varve.registry.Access;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What commands do to a store: by themselves, or by asking the service that serves it. Blocks. */
interface StoreWork {

    /** As {@link Pulls#pull(List, Reference, Platforms, PullListener)}. */
    List<Pulls.Outcome> pull(
            List<Origin> origins, @Nullable Reference name, Platforms platforms, PullListener listener);

    /**
     * As {@link io.varve.push.Pushes#push(ImageName, Reference, Access, PullListener)}.
     *
     * @param compression of the layers there; null for that which they have
     */
    Pushed push(
            ImageName image,
            @Nullable Compression compression,
            Reference destination,
            Access access,
            PullListener listener);

    /** Brings what the store lacks of an image of a layout, if that is not done by whoever opens it. */
    void bring(LayoutReference reference, @Nullable Platform platform, PullListener listener);

    /**
     * Builds an image; what it is.
     *
     * @param json the spec as it was written
     * @param context what relative paths in it are relative to
     */
    Descriptor build(ObjectNode json, BuildSpec spec, Path context, Access access, PullListener listener);

    /** Brings all images of an archive or a layout; what came. */
    List<Imports.Imported> bringIn(Arriving arriving, PullListener listener);

    /**
     * An archive or a layout.
     *
     * @param file null for stdin
     * @param format null for whatever it is
     * @param names what its image is called; none for what the archive calls each
     * @param platform of a root filesystem; null for this machine's
     */
    record Arriving(
            @Nullable Path file,
            @Nullable ArchiveFormat format,
            List<Reference> names,
            @Nullable Platform platform) {}

    void tag(ImageName image, Reference name);

    /** Takes the names away, all of them or none; what was taken away. */
    List<String> remove(List<ImageName> images);

    /** @param dryRun only says what would be removed */
    Removed collect(boolean dryRun);

    /** @param bytes that are free, or would be */
    record Removed(List<Node> nodes, long bytes) {}
}
