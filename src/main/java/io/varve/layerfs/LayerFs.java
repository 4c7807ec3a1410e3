package io.varve.layerfs;

import io.varve.content.DigestDirectory;
import io.varve.failure.Failure;
import io.varve.oci.Digest;
import io.varve.os.FileStatus;
import io.varve.os.FilesAt;
import io.varve.os.Staging;
import io.varve.tar.TarLimits;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

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

    private final DigestDirectory places;
    private final Staging staging;
    private final TarLimits tarLimits;
    private final LayerLimits layerLimits;

    /**
     * @param store the directory of the store; it is made when the first layer is written
     * @param staging of the same store
     */
    public LayerFs(Path store, Staging staging, TarLimits tarLimits, LayerLimits layerLimits) {
        places = new DigestDirectory(store.resolve("layers"));
        this.staging = staging;
        this.tarLimits = tarLimits;
        this.layerLimits = layerLimits;
    }

    /** The layer, if it is there. */
    public Optional<Layer> find(Digest diffId) {
        Path home = home(diffId);
        Path tar = home.resolve(TAR);
        try {
            FileStatus changes = FilesAt.statusIfThere(home.resolve(CHANGES));
            FileStatus bytes = FilesAt.statusIfThere(tar);
            return changes != null && changes.isRegular() && bytes != null && bytes.isRegular()
                    ? Optional.of(new Layer(diffId, tar, bytes.size(), home.resolve(CHANGES)))
                    : Optional.empty();
        } catch (IOException e) {
            throw Failure.from(e).during("opening layer " + diffId);
        }
    }

    /** Begins to write a layer, whether it is there or not. The writer is the caller's to close. */
    public LayerWriter write(Digest diffId) {
        try {
            return LayerWriter.begin(diffId, places, staging, true, tarLimits, layerLimits);
        } catch (IOException e) {
            throw Failure.from(e).during("writing layer " + diffId);
        }
    }

    /** Begins to write a layer of which nobody knows before its end what it is. The writer is the caller's to close. */
    public LayerWriter write() {
        try {
            return LayerWriter.begin(null, places, staging, true, tarLimits, layerLimits);
        } catch (IOException e) {
            throw Failure.from(e).during("writing a layer");
        }
    }

    /**
     * Begins to write a layer whose tar is, or is about to be, a file on the same filesystem: only its changes are written.
     * The bytes that the writer takes are not hashed; the file that {@link LayerWriter#commit(Path)} takes is believed.
     */
    public LayerWriter writeBeside(Digest diffId) {
        try {
            return LayerWriter.begin(diffId, places, staging, false, tarLimits, layerLimits);
        } catch (IOException e) {
            throw Failure.from(e).during("writing layer " + diffId);
        }
    }

    /** Begins to make the changes of a tar again, for whoever wants to compare them with those of a layer. */
    public TarChanges changes(WritableByteChannel out) {
        return new TarChanges(out, tarLimits, layerLimits);
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

    /** Bytes of memory that {@link #merge} takes for the tree of a stack, about, and rather more than less. */
    public long treeBytes(List<Layer> stack) {
        return stack.stream()
                .map(layer -> Changes.open(layer.changes()))
                .mapToLong(Changes::treeBytes)
                .sum();
    }

    /** What others may stand on, once it is merged. */
    public Footing footing(List<Layer> stack) {
        return Footing.of(merge(stack), treeBytes(stack));
    }

    /**
     * Whether layers have their places on a stack for sure; else {@link #merge} says it. Blocks.
     *
     * @param layers lowest first
     */
    public boolean bears(Footing stack, List<Layer> layers) {
        return stack.bears(
                layers.stream().map(layer -> Changes.open(layer.changes())).toList(), layerLimits.treeBytes());
    }

    /** Where the layer is, or would be: what has to be taken away to remove it. */
    public Path home(Digest diffId) {
        return places.place(diffId);
    }

    /** Everything there is, with the diffId that its place says; null for what is in no place of a layer. */
    public void list(BiConsumer<Path, @Nullable Digest> each) throws IOException {
        places.list(each);
    }
}
