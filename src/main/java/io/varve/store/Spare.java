package io.varve.store;

import io.varve.os.Fd;
import io.varve.os.FilesAt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Some of the disk that nothing but removing may take. To say what goes takes room itself, in the log of the catalogue and for
 * what SQLite keeps beside it: a store that had filled its disk could never be made smaller again. Safe for any thread; blocks.
 */
record Spare(StoreFiles files) {
    /** What the log of a removal takes that names some thousands of things. */
    static final long BYTES = 8L << 20;

    /** Of what is free no more than this part is taken from others. */
    private static final int PART = 8;

    /** Sets it aside, or as much of it as the disk can spare. Not to be able to is no failure: it is for later. */
    void keep() {
        long wanted = Math.min(BYTES, free() / PART);
        try {
            if (wanted > size()) {
                allocate(wanted);
            }
        } catch (IOException e) {
            // Whoever needs the room now has what there is.
        }
    }

    private void allocate(long bytes) throws IOException {
        boolean able = false;
        try (Fd open = FilesAt.openOrCreate(files.spare(), 0600)) {
            // In memory it would be taken from everybody.
            if (!FilesAt.isInMemory(open)) {
                FilesAt.allocate(open, bytes, true);
                able = true;
            }
        } finally {
            if (!able) {
                Files.deleteIfExists(files.spare());
            }
        }
    }

    /** Gives it to whoever is about to remove something, where less than as much is left. */
    void give() {
        try {
            if (size() > 0 && free() < BYTES) {
                Files.deleteIfExists(files.spare());
            }
        } catch (IOException e) {
            // What is missing then says who misses it.
        }
    }

    private long size() throws IOException {
        Path file = files.spare();
        return Files.exists(file) ? Files.size(file) : 0;
    }

    private long free() {
        return files.directory().toFile().getUsableSpace();
    }
}
