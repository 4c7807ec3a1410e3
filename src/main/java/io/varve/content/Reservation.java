package io.varve.content;

import io.varve.failure.Failure;
import io.varve.os.Staging;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Some of the disk, set aside: an allocated file that gets shorter. Safe for any thread. */
public final class Reservation implements AutoCloseable {
    private final Path path;
    // Null when there is nothing, or nothing any more. Guarded by this, as the bytes are.
    private @Nullable RawFile file;
    private long bytes;

    private Reservation(Path path, @Nullable RawFile file, long bytes) {
        this.path = path;
        this.file = file;
        this.bytes = bytes;
    }

    /** @throws Failure Unavailable when there is not so much in the filesystem of this directory */
    static Reservation begin(Path directory, long bytes) throws IOException {
        if (bytes < Space.WORTH) {
            return new Reservation(directory, null, bytes);
        }
        Staging.makeDirectories(directory);
        Path path = Files.createTempFile(directory, Places.SPACE, "");
        RawFile file = null;
        boolean taken = false;
        try {
            file = RawFile.open(path);
            taken = Space.allocate(file.fd(), bytes, bytes, true, directory);
            return new Reservation(path, taken ? file : null, bytes);
        } finally {
            if (!taken) {
                if (file != null) {
                    file.close();
                }
                Staging.delete(path);
            }
        }
    }

    /** Gives so much of it back, because whoever it was for is about to take it; at most all of it. */
    public synchronized void use(long taken) {
        bytes = Math.max(0, bytes - Math.max(0, taken));
        if (file != null) {
            try {
                file.truncate(bytes);
            } catch (IOException e) {
                throw Failure.from(e).during("reservation");
            }
        }
    }

    /** Gives all of it back. */
    @Override
    public synchronized void close() {
        if (file != null) {
            file.close();
            file = null;
            try {
                Staging.delete(path);
            } catch (IOException e) {
                throw Failure.from(e).during("reservation");
            }
        }
    }
}
