package io.varve.content;

import io.varve.os.Fd;
import io.varve.os.FilesAt;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * A file that an interrupt does not close: whoever is cancelled still has a checkpoint to write, which a
 * {@link java.nio.channels.FileChannel} would refuse on an interrupted thread. Owned by one thread at a time.
 */
final class RawFile implements AutoCloseable {
    private static final int MODE = 0644;

    private final Fd fd;

    private RawFile(Fd fd) {
        this.fd = fd;
    }

    /** Made if it is missing. */
    static RawFile open(Path path) throws IOException {
        return new RawFile(FilesAt.openOrCreate(path, MODE));
    }

    Fd fd() {
        return fd;
    }

    /** Writes all that remains; the buffer stays as it is. */
    void write(ByteBuffer bytes, long at) throws IOException {
        MemorySegment from = MemorySegment.ofBuffer(bytes);
        if (bytes.isDirect()) {
            FilesAt.write(fd, from, 0, from.byteSize(), at);
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment copy = arena.allocate(Math.max(1, from.byteSize())).copyFrom(from);
            FilesAt.write(fd, copy, 0, from.byteSize(), at);
        }
    }

    /** As many of these bytes as there are, at most {@code length}. */
    byte[] read(long at, int length) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment to = arena.allocate(Math.max(1, length));
            int done = 0;
            int got;
            do {
                got = FilesAt.read(fd, to.asSlice(done), length - done, at + done);
                done += got;
            } while (got > 0 && done < length);
            return to.asSlice(0, done).toArray(ValueLayout.JAVA_BYTE);
        }
    }

    long size() throws IOException {
        return FilesAt.status(fd).size();
    }

    void truncate(long size) throws IOException {
        FilesAt.truncate(fd, size);
    }

    @Override
    public void close() {
        fd.close();
    }
}
