package io.varve.layerfs;

import io.netty.buffer.ByteBuf;
import io.varve.failure.Failure;
import io.varve.oci.Digest;
import io.varve.os.Staged;
import io.varve.os.Staging;
import io.varve.tar.TarLimits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * One layer on its way to disk: its tar's bytes are written, hashed and parsed as they pass by, or only parsed where they
 * are in a file already.
 *
 * <p>Either {@link #commit} succeeds, and the layer is there for everybody, or closing leaves nothing of it. Owned by
 * one thread at a time.
 */
public final class LayerWriter implements AutoCloseable {
    private final Digest diffId;
    private final Path home;
    private final Staged staged;
    private final @Nullable FileChannel tar;
    private final FileChannel changesFile;
    private final TarChanges changes;
    private final MessageDigest hash;
    private boolean verified;

    private LayerWriter(
            Digest diffId, Path home, Staged staged, boolean ownTar, TarLimits tarLimits, LayerLimits layerLimits)
            throws IOException {
        this.diffId = diffId;
        this.home = home;
        this.staged = staged;
        tar = ownTar ? staged.create(LayerFs.TAR) : null;
        try {
            changesFile = staged.create(LayerFs.CHANGES);
        } catch (IOException e) {
            if (tar != null) {
                tar.close();
            }
            throw e;
        }
        changes = new TarChanges(changesFile, tarLimits, layerLimits);
        hash = diffId.algorithm().hash();
    }

    static LayerWriter begin(
            Digest diffId, Path home, Staging staging, boolean ownTar, TarLimits tarLimits, LayerLimits layerLimits)
            throws IOException {
        Staged staged = staging.begin("layer");
        try {
            return new LayerWriter(diffId, home, staged, ownTar, tarLimits, layerLimits);
        } catch (IOException e) {
            // Nobody else has it to close: a disk with no room for another file is not to keep what there was room for.
            try {
                staged.close();
            } catch (IOException left) {
                e.addSuppressed(left);
            }
            throw e;
        }
    }

    /**
     * Takes the next bytes of the tar. The slab stays the caller's, its indices too.
     *
     * @throws Failure naming the layer, the entry and its offset
     */
    public void accept(ByteBuf borrowed) {
        try {
            if (tar != null) {
                for (ByteBuffer piece : borrowed.nioBuffers()) {
                    hash.update(piece.duplicate());
                    while (piece.hasRemaining()) {
                        tar.write(piece);
                    }
                }
            }
            changes.accept(borrowed);
        } catch (IOException e) {
            throw during(Failure.from(e));
        } catch (Failure e) {
            throw during(e);
        }
    }

    /** Bytes of the tar so far. */
    public long size() {
        return changes.size();
    }

    /**
     * The stream ended, and was what it was promised to be; nothing is committed yet. Once.
     *
     * @throws Failure Mismatch when the bytes do not have the diffId, Invalid when the tar is cut off
     */
    public void verify() {
        try {
            changes.finish();
            if (tar != null) {
                Digest got = Digest.of(diffId.algorithm(), hash);
                if (!got.equals(diffId)) {
                    throw Failure.mismatch("diffId of " + size() + " bytes", got, diffId);
                }
            }
            verified = true;
        } catch (IOException e) {
            throw during(Failure.from(e));
        } catch (Failure e) {
            throw during(e);
        }
    }

    /**
     * The stream ended: the layer is committed, if it is what it was promised to be.
     *
     * @return the layer as everybody sees it, which another writer may have committed before
     * @throws Failure Mismatch when the bytes do not have the diffId, Invalid when the tar is cut off
     */
    public Layer commit() {
        if (tar == null) {
            throw new IllegalStateException("the tar of this layer is a file that only the caller knows");
        }
        return committing(() -> {});
    }

    /**
     * As {@link #commit()}, for a layer written beside its tar.
     *
     * @param verified a file on the disk that has the bytes which this writer took, and their diffId; it gets one more name
     */
    public Layer commit(Path verified) {
        return committing(() -> staged.link(LayerFs.TAR, verified));
    }

    private interface Completion {
        void run() throws IOException;
    }

    private Layer committing(Completion completion) {
        if (!verified) {
            verify();
        }
        try {
            completion.run();
            staged.publish(home);
            return new Layer(diffId, home.resolve(LayerFs.TAR), size(), home.resolve(LayerFs.CHANGES));
        } catch (IOException e) {
            throw during(Failure.from(e));
        } catch (Failure e) {
            throw during(e);
        }
    }

    /** Ends the writing; what was not committed is gone. */
    @Override
    public void close() {
        try (staged;
                changesFile) {
            if (tar != null) {
                tar.close();
            }
        } catch (IOException e) {
            throw during(Failure.from(e));
        }
    }

    private Failure during(Failure failure) {
        return failure.during("layer " + diffId);
    }
}
