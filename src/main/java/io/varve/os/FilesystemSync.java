package io.varve.os;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Brings to the disk all that was written to one filesystem, and hears of every write that it has lost meanwhile. The kernel tells an
 * open descriptor of those since it was opened, each once; one that is opened when somebody else, who asked for a sync of his own, has
 * heard of them is told of none ({@code errseq_t}, {@code syncfs(2)}). So one is held open, from before the first byte is written that
 * it is to be asked about. Safe for any thread; blocks.
 */
final class FilesystemSync {
    private final Path directory;

    // Guarded by this: null when nobody holds it; and what it has told since somebody does.
    private @Nullable Fd held;
    private @Nullable IOException told;

    /** @param directory on the filesystem */
    FilesystemSync(Path directory) {
        this.directory = directory;
    }

    /** Hears of what is lost from now on. The directory has to be there. Held already it stays so. */
    synchronized void hold() throws IOException {
        if (held == null) {
            held = FilesAt.openDirectory(directory);
        }
    }

    /** Hears of no more. */
    synchronized void letGo() {
        if (held != null) {
            held.close();
            held = null;
            told = null;
        }
    }

    /**
     * Whether it has told of a loss since it is held. Whose bytes those were is not known, so they may be of a file that
     * has no name yet: nothing that this would say from then on is true of it.
     */
    synchronized boolean hasFailed() {
        return told != null;
    }

    /** @throws IOException when something is lost, or was since it is held; of what there was before, only if nobody was told */
    synchronized void sync() throws IOException {
        if (told != null) {
            throw new FileSystemException(
                    directory.toString(), null, "not all of it came to the disk: " + told.getMessage());
        }
        if (held == null) {
            FilesAt.syncFileSystem(directory);
            return;
        }
        try {
            FilesAt.syncFileSystem(held);
        } catch (IOException e) {
            told = e;
            throw e;
        }
    }
}
