package io.varve.layout;

import io.varve.failure.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;

/** A file of a layout or an archive: a run of bytes of a file on disk, all of it or a part. Not for two threads at once. */
public final class Run implements ReadableByteChannel {
    private final FileChannel file;
    private final long start;
    private final long size;

    private long at;

    /** @param owned closed with this; reads begin at {@code start} and end {@code size} bytes behind it */
    Run(FileChannel owned, long start, long size) {
        file = owned;
        this.start = start;
        this.size = size;
    }

    static Run of(FileChannel owned) throws IOException {
        try {
            return new Run(owned, 0, owned.size());
        } catch (IOException e) {
            owned.close();
            throw e;
        }
    }

    public long size() {
        return size;
    }

    /** The next byte read is this one, counted from the first of the run; at most its size. */
    public void seek(long offset) {
        at = offset;
    }

    @Override
    public int read(ByteBuffer into) throws IOException {
        if (at >= size) {
            return -1;
        }
        int limit = into.limit();
        into.limit(into.position() + (int) Math.min(into.remaining(), size - at));
        try {
            int n = file.read(into, start + at);
            at += Math.max(n, 0);
            return n;
        } finally {
            into.limit(limit);
        }
    }

    /** The next {@code length} bytes. */
    public byte[] bytes(int length) throws IOException {
        ByteBuffer bytes = ByteBuffer.allocate(length);
        while (bytes.hasRemaining()) {
            if (read(bytes) < 0) {
                throw Failure.mismatch("size", bytes.position(), length);
            }
        }
        return bytes.array();
    }

    @Override
    public boolean isOpen() {
        return file.isOpen();
    }

    @Override
    public void close() throws IOException {
        file.close();
    }
}
