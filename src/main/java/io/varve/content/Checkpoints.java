package io.varve.content;

import io.varve.os.Staging;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * The checkpoints of one ingest, written behind its back, one at a time: whoever brings the bytes does not wait for the
 * disk. Owned by the ingest's thread; only the writing is somebody else's.
 */
final class Checkpoints {
    private final Path directory;
    private final Path data;
    private final Staging staging;
    private final Executor behind;
    private @Nullable FutureTask<@Nullable Void> writing;
    // Of the last checkpoint that was begun; the bytes before it are on the disk when that has ended well.
    private long position;

    Checkpoints(Path directory, long position, Staging staging, Executor behind) {
        this.directory = directory;
        this.staging = staging;
        this.behind = behind;
        this.position = position;
        data = directory.resolve(Ingest.DATA);
    }

    long position() {
        return position;
    }

    /** Whether the disk is still busy with the last one. */
    boolean isWriting() {
        return writing != null && !writing.isDone();
    }

    /**
     * Begins to write this one, once the one before is on the disk.
     *
     * @return false when there is no thread to be had for it: then nothing was begun, and nothing is to be waited for
     * @throws IOException what was wrong with the one before
     */
    boolean begin(Checkpoint next) throws IOException {
        await();
        boolean first = position == 0;
        FutureTask<@Nullable Void> task = new FutureTask<>(() -> {
            next.write(directory, data, first, staging);
            return null;
        });
        try {
            behind.execute(task);
        } catch (OutOfMemoryError | RejectedExecutionException e) {
            return false;
        }
        writing = task;
        position = next.position();
        return true;
    }

    /**
     * Returns when the last one is on the disk.
     *
     * @throws IOException what was wrong with it, which may be the data: the kernel tells a lost write once, so this tells it
     *     every time
     */
    void await() throws IOException {
        if (writing == null) {
            return;
        }
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    writing.get();
                    return;
                } catch (InterruptedException e) {
                    interrupted = true;
                }
            }
        } catch (ExecutionException e) {
            if (e.getCause() instanceof IOException refused) {
                throw refused;
            }
            throw new IllegalStateException("checkpoint failed", e.getCause());
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
