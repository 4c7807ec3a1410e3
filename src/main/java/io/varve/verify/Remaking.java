package io.varve.verify;

import io.netty.buffer.ByteBuf;
import io.varve.bus.Slabs;
import io.varve.catalogue.Entry;
import io.varve.catalogue.Node;
import io.varve.content.Blob;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.layerfs.Layer;
import io.varve.layerfs.LayerWriter;
import io.varve.manifest.LayerPlan;
import io.varve.oci.ChainId;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.MediaType;
import io.varve.pipeline.LayerPull;
import io.varve.store.Store;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Makes things again from others of the store. Everything here throws NotFound when there is nothing to make it from, and
 * other failures when that was refused. One thread.
 */
final class Remaking {
    private static final MediaType UNKNOWN = MediaType.parse("application/octet-stream");

    private final Scene scene;
    private final Store store;
    private final LayerPull layers;
    private final Recording recording;

    Remaking(Scene scene, LayerPull layers, Recording recording) {
        this.scene = scene;
        store = scene.store();
        this.layers = layers;
        this.recording = recording;
    }

    /** @param aside where the layer is now that was damaged; its tar may be good */
    void layer(Digest diffId, @Nullable Path aside) {
        if (aside != null && scene.tars().contains(diffId)) {
            fromTar(diffId, aside.resolve(LayerCheck.TAR));
        } else {
            fromBlob(diffId);
        }
        recording.present(Node.layer(diffId));
        scene.unsound().remove(diffId);
        scene.tars().add(diffId);
    }

    private void fromTar(Digest diffId, Path tar) {
        try (LayerWriter writer = store.layers().writeBeside(diffId);
                FileChannel in = Reading.open(tar)) {
            boolean more = true;
            while (more) {
                more = take(in, writer);
            }
            writer.commit(tar);
        } catch (IOException e) {
            throw Failure.from(e).during("layer " + diffId);
        }
    }

    /** Whether there was something. Each slab is one of its own, since the writer may retain it. */
    private static boolean take(FileChannel in, LayerWriter writer) throws IOException {
        ByteBuf slab = Slabs.allocate();
        try {
            int got = in.read(slab.nioBuffer(0, slab.capacity()));
            if (got < 0) {
                return false;
            }
            writer.accept(slab.writerIndex(got));
            return true;
        } finally {
            slab.release();
        }
    }

    private void fromBlob(Digest diffId) {
        List<Digest> blobs = new ArrayList<>(recording.catalogue().blobsOf(diffId));
        if (!blobs.contains(diffId)) {
            // A layer that came uncompressed, whose image may not be known any more.
            blobs.add(diffId);
        }
        for (Digest digest : blobs) {
            Blob blob = store.content().find(digest).orElse(null);
            if (blob != null) {
                MediaType type = recording
                        .catalogue()
                        .find(Node.blob(digest))
                        .map(Entry::mediaType)
                        .orElse(UNKNOWN);
                try {
                    layers.assemble(new LayerPlan(Descriptor.of(type, digest, blob.size()), diffId));
                    return;
                } catch (Failure e) {
                    if (!isNoSource(e)) {
                        throw e;
                    }
                }
            }
        }
        throw Failure.notFound("layer " + diffId + ": got no blob that decodes to it");
    }

    /** From the tar that it is, if there is a layer of it. */
    void blob(Digest digest) {
        Layer layer = store.layers()
                .find(digest)
                .filter(there -> scene.tars().contains(digest))
                .orElseThrow(() -> Failure.notFound("blob " + digest + ": got no tar that it is"));
        store.content().link(digest, layer.tar());
        recording.present(Node.blob(digest));
    }

    void index(Digest chainId) {
        List<Digest> stack = IndexCheck.stack(recording.catalogue(), chainId);
        if (!ChainId.of(stack).digest().equals(chainId)) {
            stack = recording
                    .stackOf(chainId)
                    .orElseThrow(() -> Failure.notFound("index " + chainId + ": got no image of it"));
            recording.stack(stack);
        }
        List<Layer> found = new ArrayList<>();
        for (Digest diffId : stack) {
            found.add(store.layers()
                    .find(diffId)
                    .filter(layer -> !scene.unsound().contains(diffId))
                    .orElseThrow(() -> Failure.notFound("index " + chainId + ": got no layer " + diffId)));
        }
        store.indexes().index(chainId, found, () -> store.layers().merge(found));
        recording.present(Node.index(chainId));
    }

    /** Whether only this way of making it is closed. */
    static boolean isNoSource(Failure failure) {
        return switch (failure.category()) {
            case NOT_FOUND, INVALID, MISMATCH -> true;
            case EXCEEDED, UNAUTHORIZED, UNAVAILABLE, CONFLICT, CANCELLED, INTERNAL -> false;
        };
    }

    static boolean isCancelled(Failure failure) {
        return failure.category() == Category.CANCELLED;
    }
}
