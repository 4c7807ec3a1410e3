package io.varve.verify;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;

/** Takes what a file should be, and compares it with what the file is. Keeps nothing; owned by one thread. */
final class SameBytes implements WritableByteChannel {
    private static final int BUFFER_BYTES = 64 * 1024;

    private final FileChannel file;
    private final int from;
    private final ByteBuffer is = ByteBuffer.allocate(BUFFER_BYTES);
    private long position;
    private long difference = -1;

    /** @param owned at its start; closed with this */
    SameBytes(FileChannel owned) {
        file = owned;
        from = 0;
    }

    /** @param from which byte on they are compared */
    SameBytes(FileChannel owned, int from) throws IOException {
        file = owned.position(from);
        this.from = from;
    }

    @Override
    public int write(ByteBuffer should) throws IOException {
        int length = should.remaining();
        int passed = (int) Math.min(Math.max(0, from - position), length);
        should.position(should.position() + passed);
        position += passed;
        while (should.hasRemaining() && difference < 0) {
            ByteBuffer part = should.slice(should.position(), Math.min(BUFFER_BYTES, should.remaining()));
            is.clear().limit(part.remaining());
            while (is.hasRemaining() && file.read(is) >= 0) {
                // A file may be read in pieces.
            }
            int different = part.mismatch(is.flip());
            if (different >= 0) {
                difference = position + different;
            }
            position += part.remaining();
            should.position(should.position() + part.remaining());
        }
        should.position(should.limit());
        return length;
    }

    /**
     * Where the file first differs from what was written, which is all that there should be; its end or theirs when one is
     * longer; −1 when they are the same.
     */
    long difference() throws IOException {
        return difference < 0 && file.size() != position ? position : difference;
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
