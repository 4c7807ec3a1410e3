package io.varve.archive;

import io.netty.buffer.ByteBuf;
import io.varve.failure.Failure;
import io.varve.os.Staged;
import io.varve.store.Store;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * A file in the store for what can be read once only, in a session of the store, and gone when this is closed or the process dies. Owned by
 * one thread at a time; blocks.
 */
public final class Spool implements AutoCloseable {
    private static final String NAME = "archive";

    private final Store store;
    private final long most;
    private final Staged staged;
    private final FileChannel file;
    private long size;

    private Spool(Store store, long most, Staged staged, FileChannel file) {
        this.store = store;
        this.most = most;
        this.staged = staged;
        this.file = file;
    }

    /** @param most bytes of it ({@code limits.uploadBytes}) */
    static Spool begin(Store store, long most) {
        // What is staged while nobody is in a session counts as left by a process that died.
        store.join("import");
        Failure failed = null;
        try {
            Staged staged = store.staging().begin("archive");
            try {
                return new Spool(store, most, staged, staged.create(NAME));
            } catch (IOException e) {
                staged.close();
                throw e;
            }
        } catch (IOException e) {
            failed = Failure.from(e);
            throw failed;
        } finally {
            if (failed != null) {
                store.leave(failed);
            }
        }
    }

    /**
     * Takes the next bytes; the buffer stays the caller's, its indices too.
     *
     * @throws Failure Exceeded above the limit, Unavailable when the disk is full
     */
    public void accept(ByteBuf borrowed) {
        accept(borrowed.nioBuffer());
    }

    /** The same of all that remains. */
    public void accept(ByteBuffer bytes) {
        size += bytes.remaining();
        if (size > most) {
            throw Failure.exceeded("bytes of the archive", size, most, "limits.uploadBytes");
        }
        try {
            while (bytes.hasRemaining()) {
                file.write(bytes);
            }
        } catch (IOException e) {
            throw Failure.from(e).during("writing " + path());
        }
    }

    Path path() {
        return staged.directory().resolve(NAME);
    }

    @Override
    public void close() {
        try (staged) {
            file.close();
        } catch (IOException e) {
            throw Failure.from(e).during("removing " + path());
        } finally {
            store.leave(null);
        }
    }
}
