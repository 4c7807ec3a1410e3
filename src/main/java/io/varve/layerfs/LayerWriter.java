package io.varve.layerfs;

import io.netty.buffer.ByteBuf;
import io.varve.failure.Failure;
import io.varve.oci.Digest;
import io.varve.os.Staged;
import io.varve.tar.TarEntry;
import io.varve.tar.TarLimits;
import io.varve.tar.TarReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.security.MessageDigest;

/**
 * One layer on its way to disk: its tar's bytes are written, hashed and parsed as they pass by.
 *
 * <p>Either {@link #commit} succeeds, and the layer is there for everybody, or closing leaves nothing of it. Owned by
 * one thread at a time.
 */
public final class LayerWriter implements AutoCloseable {
    private final Digest diffId;
    private final Path home;
    private final Staged staged;
    private final FileChannel tar;
    private final FileChannel changesFile;
    private final ChangesWriter changes;
    private final Translation translation;
    private final TarReader reader;
    private final MessageDigest hash;
    private long size;

    LayerWriter(Digest diffId, Path home, Path ingest, TarLimits tarLimits, LayerLimits layerLimits)
            throws IOException {
        this.diffId = diffId;
        this.home = home;
        staged = Staged.in(ingest, "layer-");
        tar = staged.create(LayerFs.TAR);
        changesFile = staged.create(LayerFs.CHANGES);
        changes = new ChangesWriter(changesFile);
        translation = new Translation(layerLimits);
        reader = new TarReader(tarLimits, this::record);
        hash = diffId.algorithm().hash();
    }

    /**
     * Takes the next bytes of the tar. The slab stays the caller's, its indices too.
     *
     * @throws Failure naming the layer, the entry and its offset
     */
    public void accept(ByteBuf borrowed) {
        try {
            size += borrowed.readableBytes();
            for (ByteBuffer piece : borrowed.nioBuffers()) {
                hash.update(piece.duplicate());
                while (piece.hasRemaining()) {
                    tar.write(piece);
                }
            }
            reader.accept(borrowed);
        } catch (IOException e) {
            throw during(Failure.refused(e));
        } catch (Failure e) {
            throw during(e);
        }
    }

    /** Bytes of the tar so far. */
    public long size() {
        return size;
    }

    /**
     * The stream ended: the layer is committed, if it is what it was promised to be.
     *
     * @return the layer as everybody sees it, which another writer may have committed before
     * @throws Failure Mismatch when the bytes do not have the diffId, Invalid when the tar is cut off
     */
    public Layer commit() {
        try {
            reader.finish();
            Digest got = Digest.of(diffId.algorithm(), hash);
            if (!got.equals(diffId)) {
                throw Failure.mismatch("diffId of " + size + " bytes", got, diffId);
            }
            changes.finish(size);
            tar.force(true);
            changesFile.force(true);
            staged.publish(home);
            return new Layer(diffId, home.resolve(LayerFs.TAR), size, home.resolve(LayerFs.CHANGES));
        } catch (IOException e) {
            throw during(Failure.refused(e));
        } catch (Failure e) {
            throw during(e);
        }
    }

    /** Ends the writing; what was not committed is gone. */
    @Override
    public void close() {
        try (staged;
                changesFile) {
            tar.close();
        } catch (IOException e) {
            throw during(Failure.refused(e));
        }
    }

    private void record(TarEntry entry) {
        Change change = translation.change(entry);
        if (change != null) {
            try {
                changes.write(change);
            } catch (IOException e) {
                throw Failure.refused(e);
            }
        }
    }

    private Failure during(Failure failure) {
        return failure.during("layer " + diffId);
    }
}
