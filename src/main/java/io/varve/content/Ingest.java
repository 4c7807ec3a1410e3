package io.varve.content;

import io.netty.buffer.ByteBuf;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.hash.RunningHash;
import io.varve.oci.Digest;
import io.varve.os.Failpoint;
import io.varve.os.Staging;
import io.varve.os.Writeback;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * One blob on its way in: its bytes are written and hashed as they pass by.
 *
 * <p>Either {@link #commit} succeeds, and the blob is there for everybody, or closing leaves its bytes so far, with a
 * checkpoint, to the next ingest of the same digest. That one goes on at {@link #position} without reading them again. A
 * process that dies leaves the last of the checkpoints that were made on the way. Nothing is left of an ingest whose bytes
 * were wrong or which the disk did not take, nor of one that began while another one of the same blob was there.
 *
 * <p>Owned by one thread at a time. An interrupt of it is noticed with the next bytes, and costs none of those before.
 */
public final class Ingest implements AutoCloseable {
    static final String DATA = "data";

    private final ContentStore store;
    private final Digest digest;
    private final long size;
    private final Path directory;
    private final boolean resumable;
    private final RawFile data;
    private final RunningHash hash;
    private final Checkpoints checkpoints;
    private final Writeback writeback;

    // Of the bytes that are written and hashed.
    private long position;
    // Set when nothing is to be kept: committed, or found wrong.
    private boolean over;
    private boolean verified;
    private boolean closed;

    Ingest(ContentStore store, Digest digest, long size, Path directory, boolean resumable, Progress progress) {
        this.store = store;
        this.digest = digest;
        this.size = size;
        this.directory = directory;
        this.resumable = resumable;
        data = progress.data();
        hash = progress.hash();
        position = progress.position();
        checkpoints = new Checkpoints(directory, position, store.staging(), store.behind());
        writeback = store.staging().writeback(directory.resolve(DATA));
    }

    /** Takes the room that the rest will need; nothing is kept where there is none. */
    void reserve() throws IOException {
        if (size < Space.WORTH) {
            return;
        }
        boolean roomy = false;
        try {
            Space.allocate(
                    data.fd(), size, size - position, false, store.places().ingest());
            roomy = true;
        } finally {
            if (!roomy) {
                discard();
            }
        }
    }

    /** Where the next byte goes: 0, or more when this goes on with an interrupted attempt, whose bytes so far were hashed then. */
    public long position() {
        return position;
    }

    /** The file with the bytes before {@link #position}, to be read and nothing else. */
    public Path data() {
        return directory.resolve(DATA);
    }

    /**
     * Takes the next bytes, which nobody changes before all of them are verified or this is closed: it may retain the slab until
     * then. The caller's share of it stays the caller's, its indices too.
     *
     * @throws Failure Mismatch above the announced size, none of which is written; Unavailable when the disk is full;
     *     Cancelled when the thread was interrupted
     */
    public void accept(ByteBuf borrowed) {
        if (over || closed) {
            throw new IllegalStateException("ingest has ended");
        }
        try {
            if (Thread.currentThread().isInterrupted()) {
                throw Failure.of(Category.CANCELLED, "interrupted");
            }
            if (borrowed.readableBytes() > size - position) {
                throw wrong("size, at least", position + borrowed.readableBytes(), size);
            }
            long end = position;
            for (ByteBuffer piece : borrowed.nioBuffers()) {
                data.write(piece, end);
                end += piece.remaining();
            }
            // Of what is written: a checkpoint is of both, even after a write that was refused.
            hash.update(borrowed);
            position = end;
            writeback.grown(position);
            if (resumable
                    && position - checkpoints.position() >= store.checkpointBytes()
                    && position < size
                    && !checkpoints.isWriting()) {
                // When it cannot be begun now, it is with the next bytes.
                var _ = checkpoint();
            }
        } catch (IOException e) {
            throw refused(e);
        } catch (Failure failure) {
            throw during(failure);
        }
    }

    /**
     * All bytes came, and are what was announced; nothing is committed yet. Once.
     *
     * @throws Failure Mismatch of size or digest, after which nothing is kept
     */
    public void verify() {
        if (over || closed) {
            throw new IllegalStateException("ingest has ended");
        }
        try {
            if (position != size) {
                throw wrong("size", position, size);
            }
            Digest got = hash.digest();
            if (!got.equals(digest)) {
                throw wrong("digest of " + size + " bytes", got, digest);
            }
            verified = true;
        } catch (IOException e) {
            throw refused(e);
        } catch (Failure failure) {
            throw during(failure);
        }
    }

    /**
     * Gives the blob its name, once it is known to be what was announced and is on the disk. Already there is success.
     *
     * @throws Failure Mismatch of size or digest, after which nothing is kept
     */
    public Blob commit() {
        if (over || closed) {
            throw new IllegalStateException("ingest has ended");
        }
        if (!verified) {
            verify();
        }
        try {
            // What the disk told then it does not tell again.
            checkpoints.await();
            Failpoint.reach("ingest.verified");
            Path file = directory.resolve(DATA);
            Blob blob = store.publish(digest, size, home -> store.staging().publish(file, List.of(file), home));
            Failpoint.reach("ingest.published");
            leave();
            return blob;
        } catch (IOException e) {
            throw refused(e);
        } catch (Failure failure) {
            throw during(failure);
        }
    }

    /** What came turned out to be nothing that anybody can use: none of it is kept. After a commit this changes nothing. */
    public void reject() {
        try {
            discard();
        } catch (IOException e) {
            throw during(Failure.from(e));
        }
    }

    /** Ends it. What was not committed stays for the next attempt, unless it was found wrong or the disk refused it. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        try {
            if (!over && !(resumable && position > 0 && kept())) {
                discard();
            }
        } catch (IOException e) {
            throw during(Failure.from(e));
        } finally {
            data.close();
            hash.close();
            writeback.close();
            if (resumable) {
                store.ended(digest);
            }
        }
    }

    /** Whether what is there could be kept. Not to be able to is no failure: whoever comes next begins again. */
    private boolean kept() {
        try {
            checkpoints.await();
            // What was set aside for the rest is given back.
            data.truncate(position);
            if (position != checkpoints.position()) {
                // Without a thread for it there is the one before, if there was one.
                boolean _ = checkpoint();
                checkpoints.await();
            }
            return checkpoints.position() > 0;
        } catch (IOException e) {
            return false;
        }
    }

    private boolean checkpoint() throws IOException {
        return checkpoints.begin(new Checkpoint(digest, size, position, Checkpoint.tail(data, position), hash.state()));
    }

    private void discard() throws IOException {
        over = true;
        data.close();
        try {
            checkpoints.await();
        } catch (IOException e) {
            // Of what is thrown away.
        }
        Staging.delete(directory);
    }

    /** What cannot be taken away after a commit does not undo it, and is swept one day. */
    private void leave() {
        try {
            discard();
        } catch (IOException e) {
            over = true;
        }
    }

    private Failure wrong(String what, Object got, Object wanted) throws IOException {
        discard();
        return Failure.mismatch(what, got, wanted);
    }

    /** Nothing is kept of what the disk did not take as a whole: what is missing would not be noticed later. */
    private Failure refused(IOException e) {
        Failure failure =
                Space.refusedTheRest(e, size - position, store.places().ingest());
        try {
            discard();
        } catch (IOException left) {
            failure.addSuppressed(left);
        }
        return during(failure);
    }

    private Failure during(Failure failure) {
        return failure.during("blob " + digest);
    }
}
