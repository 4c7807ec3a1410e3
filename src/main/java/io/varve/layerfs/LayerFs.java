package io.varve.layerfs;

import io.varve.failure.Failure;
import io.varve.oci.Digest;
import io.varve.tar.TarLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The layers of a store: each its tar, byte for byte, with the tar's changes beside it.
 *
 * <pre>
 *   layers/&lt;algorithm&gt;/&lt;diffId&gt;/tar        the uncompressed tar; its digest is the diffId
 *                              /changes    its entries in tar order
 *   ingest/&lt;id&gt;/                           a layer being written
 * </pre>
 *
 * <p>A layer is written once, by {@link #write}, and appears as a whole: whoever finds it finds all of it, verified
 * against its diffId and on the disk. Several writers of the same layer do not disturb each other, in this process or in
 * others: the first one's stays, and all of them succeed.
 *
 * <pre>
 *   try (LayerWriter writer = layers.write(diffId)) {
 *       writer.accept(slab) …
 *       Layer layer = writer.commit();
 *   }
 * </pre>
 *
 * <p>Everything here touches the disk, and belongs on a worker. Safe for any thread.
 */
public final class LayerFs {
    static final String TAR = "tar";
    static final String CHANGES = "changes";

    private final Path layers;
    private final Path ingest;
    private final TarLimits tarLimits;
    private final LayerLimits layerLimits;

    /** @param store the directory of the store; it is made when the first layer is written */
    public LayerFs(Path store, TarLimits tarLimits, LayerLimits layerLimits) {
        layers = store.resolve("layers");
        ingest = store.resolve("ingest");
        this.tarLimits = tarLimits;
        this.layerLimits = layerLimits;
    }

    /** The layer, if it is there. */
    public Optional<Layer> find(Digest diffId) {
        Path home = home(diffId);
        Path tar = home.resolve(TAR);
        try {
            return Files.isDirectory(home)
                    ? Optional.of(new Layer(diffId, tar, Files.size(tar), home.resolve(CHANGES)))
                    : Optional.empty();
        } catch (IOException e) {
            throw Failure.refused(e).during("opening layer " + diffId);
        }
    }

    /** Begins to write a layer, whether it is there or not. The writer is the caller's to close. */
    public LayerWriter write(Digest diffId) {
        try {
            return new LayerWriter(diffId, home(diffId), ingest, tarLimits, layerLimits);
        } catch (IOException e) {
            throw Failure.refused(e).during("writing layer " + diffId);
        }
    }

    /**
     * What a stack of layers shows.
     *
     * @param stack base first
     * @throws Failure Invalid when an entry has no place in the stack, Exceeded when a limit was passed
     */
    public Tree merge(List<Layer> stack) {
        return Merge.tree(
                stack.stream().map(layer -> Changes.open(layer.changes())).toList(), layerLimits);
    }

    private Path home(Digest diffId) {
        return layers.resolve(diffId.algorithm().toString()).resolve(diffId.hex());
    }
}
