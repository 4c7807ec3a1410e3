package io.varve.content;

import io.netty.buffer.ByteBuf;
import io.varve.failure.Failure;
import io.varve.oci.Digest;
import io.varve.os.Failpoint;
import io.varve.os.Staged;
import io.varve.os.Writeback;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One blob on its way in of which nobody knows before its end what it is: its bytes are written and hashed as they pass by.
 *
 * <p>Either {@link #commit} succeeds, and the blob is there for everybody, or closing leaves nothing of it; nobody goes on with what was
 * interrupted. Owned by one thread at a time.
 */
public final class Deposit implements AutoCloseable {
    private static final String DATA = "data";
    private static final int PIECE = 1 << 20;

    private final ContentStore store;
    private final Staged staged;
    private final FileChannel data;
    private final Writeback writeback;
    private final MessageDigest hash = Digest.Algorithm.SHA256.hash();
    private long size;
    // Set when all bytes came.
    private @Nullable Digest digest;

    private Deposit(ContentStore store, Staged staged, FileChannel data) {
        this.store = store;
        this.staged = staged;
        this.data = data;
        writeback = staged.writeback(DATA);
    }

    static Deposit begin(ContentStore store) throws IOException {
        Staged staged = store.staging().begin("blob");
        try {
            return new Deposit(store, staged, staged.create(DATA));
        } catch (IOException e) {
            // A disk with no room for another file is not to keep what there was room for.
            try {
                staged.close();
            } catch (IOException left) {
                e.addSuppressed(left);
            }
            throw e;
        }
    }

    /**
     * Takes the next bytes; the slab stays the caller's, its indices too.
     *
     * @throws Failure Unavailable when the disk is full
     */
    public void accept(ByteBuf borrowed) {
        try {
            for (ByteBuffer piece : borrowed.nioBuffers()) {
                hash.update(piece.duplicate());
                while (piece.hasRemaining()) {
                    size += data.write(piece);
                }
            }
            writeback.grown(size);
        } catch (IOException e) {
            throw refused(e).during("writing a blob");
        }
    }

    private Failure refused(IOException e) {
        return Space.refused(e, size, store.places().ingest());
    }

    /** All bytes came; nothing is committed yet. Once. */
    public void end() {
        digest = Digest.of(Digest.Algorithm.SHA256, hash);
    }

    /** What the blob is, after {@link #end}. */
    public Digest digest() {
        if (digest == null) {
            throw new IllegalStateException("nobody knows what it is before its end");
        }
        return digest;
    }

    /**
     * What somebody says that the blob is, after {@link #end}. With another algorithm than ours its bytes are read again.
     *
     * @throws Failure Mismatch when it is another one
     */
    public void check(Digest told) {
        Digest got = told.algorithm() == Digest.Algorithm.SHA256 ? digest() : again(told.algorithm());
        if (!got.equals(told)) {
            throw Failure.mismatch("digest of " + size + " bytes", got, told);
        }
    }

    private Digest again(Digest.Algorithm algorithm) {
        MessageDigest other = algorithm.hash();
        ByteBuffer piece = ByteBuffer.allocate(PIECE);
        try (FileChannel written = FileChannel.open(file(), StandardOpenOption.READ)) {
            while (written.read(piece.clear()) >= 0) {
                other.update(piece.flip());
            }
        } catch (IOException e) {
            throw Failure.from(e).during("reading a blob");
        }
        return Digest.of(algorithm, other);
    }

    private Path file() {
        return staged.directory().resolve(DATA);
    }

    /** Bytes so far. */
    public long size() {
        return size;
    }

    /** Gives the blob its name, after {@link #end}, once it is on the disk. Already there is success. */
    public Blob commit() {
        return commit(digest());
    }

    /** The same, under another digest that was {@linkplain #check checked}. */
    public Blob commit(Digest checked) {
        Path file = file();
        try {
            Failpoint.reach("ingest.verified");
            Blob blob = store.publish(checked, size, home -> store.staging().publish(file, List.of(file), home));
            Failpoint.reach("ingest.published");
            return blob;
        } catch (IOException e) {
            throw refused(e).during("blob " + checked);
        }
    }

    /** Ends it; what was not committed is gone. */
    @Override
    public void close() {
        try (staged;
                writeback) {
            data.close();
        } catch (IOException e) {
            throw Failure.from(e).during("writing a blob");
        }
    }
}
