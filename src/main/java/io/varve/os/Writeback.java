package io.varve.os;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Has the kernel begin to write a file to the disk while it grows: whoever syncs it at its end finds little left to wait for.
 * Nothing depends on it, so what the kernel says to it is not listened to; the sync hears of whatever went wrong. Owned by
 * one thread at a time.
 */
public final class Writeback implements AutoCloseable {
    /** Less would cost more calls, and more would leave more for the end. */
    private static final long STRIDE = 8L << 20;

    private final Path file;
    private final boolean wanted;

    // Open from the first stride on: most files are smaller.
    private @Nullable Fd open;
    private long begun;

    /** @param durability where it is relaxed nobody will wait, and this does nothing */
    Writeback(Path file, Durability durability) {
        this.file = file;
        wanted = durability == Durability.FULL;
    }

    /** The file has so many bytes now, from its beginning on. */
    public void grown(long size) throws IOException {
        if (wanted && size - begun >= STRIDE) {
            if (open == null) {
                open = FilesAt.open(file);
            }
            Libc.sync_file_range(open.number(), begun, size - begun, Libc.SYNC_FILE_RANGE_WRITE);
            begun = size;
        }
    }

    @Override
    public void close() {
        if (open != null) {
            open.close();
        }
    }
}
