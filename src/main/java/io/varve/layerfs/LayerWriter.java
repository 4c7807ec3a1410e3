package io.varve.layerfs;

import io.netty.buffer.ByteBuf;
import io.varve.content.DigestDirectory;
import io.varve.content.Space;
import io.varve.failure.Failure;
import io.varve.hash.HashState;
import io.varve.hash.RunningHash;
import io.varve.oci.Digest;
import io.varve.os.Staged;
import io.varve.os.Staging;
import io.varve.os.Writeback;
import io.varve.tar.TarLimits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * One layer on its way to disk: its tar's bytes are written, hashed and parsed as they pass by, or only parsed where they
 * are in a file already.
 *
 * <p>Either {@link #commit} succeeds, and the layer is there for everybody, or closing leaves nothing of it. Owned by
 * one thread at a time.
 */
public final class LayerWriter implements AutoCloseable {
    // What was promised; null when nobody knows it before the last byte.
    private final @Nullable Digest promised;
    private final DigestDirectory places;
    private final Staged staged;
    private final @Nullable FileChannel tar;
    private final Writeback writeback;
    private final FileChannel changesFile;
    private final TarChanges changes;
    private final RunningHash hash;
    // Set when all bytes came, and are what was promised.
    private @Nullable Digest verified;

    private LayerWriter(
            @Nullable Digest promised,
            DigestDirectory places,
            Staged staged,
            boolean ownTar,
            TarLimits tarLimits,
            LayerLimits layerLimits)
            throws IOException {
        this.promised = promised;
        this.places = places;
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
        writeback = staged.writeback(LayerFs.TAR);
        changes = new TarChanges(changesFile, tarLimits, layerLimits);
        hash = RunningHash.begin(algorithm(), HashState.KNOWN);
    }

    static LayerWriter begin(
            @Nullable Digest promised,
            DigestDirectory places,
            Staging staging,
            boolean ownTar,
            TarLimits tarLimits,
            LayerLimits layerLimits)
            throws IOException {
        Staged staged = staging.begin("layer");
        try {
            return new LayerWriter(promised, places, staged, ownTar, tarLimits, layerLimits);
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
     * Takes the next bytes of the tar, which nobody changes before all of them are verified or this is closed: it may retain the slab
     * until then. The caller's share of it stays the caller's, its indices too.
     *
     * @throws Failure naming the layer, the entry and its offset
     */
    public void accept(ByteBuf borrowed) {
        try {
            if (tar != null) {
                hash.update(borrowed);
                for (ByteBuffer piece : borrowed.nioBuffers()) {
                    while (piece.hasRemaining()) {
                        tar.write(piece);
                    }
                }
            }
            changes.accept(borrowed);
            if (tar != null) {
                writeback.grown(size());
            }
        } catch (IOException e) {
            throw refused(e);
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
            Digest got = tar != null || promised == null ? hash.digest() : promised;
            if (promised != null && !promised.equals(got)) {
                throw Failure.mismatch("diffId of " + size() + " bytes", got, promised);
            }
            verified = got;
        } catch (IOException e) {
            throw refused(e);
        } catch (Failure e) {
            throw during(e);
        }
    }

    private Digest.Algorithm algorithm() {
        return promised == null ? Digest.Algorithm.SHA256 : promised.algorithm();
    }

    /** What the layer is, after {@link #verify}. */
    public Digest diffId() {
        if (verified == null) {
            throw new IllegalStateException("nobody knows what it is before its end");
        }
        return verified;
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
        if (verified == null) {
            verify();
        }
        Digest diffId = diffId();
        Path home = places.place(diffId);
        try {
            completion.run();
            staged.publish(home);
            return new Layer(diffId, home.resolve(LayerFs.TAR), size(), home.resolve(LayerFs.CHANGES));
        } catch (IOException e) {
            throw refused(e);
        } catch (Failure e) {
            throw during(e);
        }
    }

    /** Ends the writing; what was not committed is gone. */
    @Override
    public void close() {
        try (staged;
                changesFile;
                writeback;
                hash) {
            if (tar != null) {
                tar.close();
            }
        } catch (IOException e) {
            throw refused(e);
        }
    }

    private Failure refused(IOException e) {
        return during(Space.refused(e, size(), staged.staging()));
    }

    private Failure during(Failure failure) {
        return promised == null ? failure : failure.during("layer " + promised);
    }
}
