package io.varve.erofs;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;

/** The one sequential pass over an index file, through a direct buffer of fixed size. */
final class IndexOutput implements AutoCloseable {
    private static final int BUFFER_BYTES = 1 << 20;

    private final WritableByteChannel channel;
    private final Arena arena = Arena.ofConfined();
    private final ByteBuffer buffer =
            arena.allocate(BUFFER_BYTES).asByteBuffer().order(ByteOrder.LITTLE_ENDIAN);
    // Bytes that have left the buffer.
    private long written;

    /** Writes the whole index, from where the channel is; it stays the caller's. */
    IndexOutput(WritableByteChannel channel) {
        this.channel = channel;
    }

    long position() {
        return written + buffer.position();
    }

    /** The buffer, little-endian, with room for so many bytes: far fewer than a mebibyte. */
    ByteBuffer room(int bytes) throws IOException {
        if (buffer.remaining() < bytes) {
            flush();
        }
        return buffer;
    }

    void put(byte[] bytes) throws IOException {
        for (int at = 0; at < bytes.length; ) {
            int length = Math.min(bytes.length - at, room(1).remaining());
            buffer.put(bytes, at, length);
            at += length;
        }
    }

    void zeros(long bytes) throws IOException {
        for (long left = bytes; left > 0; ) {
            int length = (int) Math.min(left, room(1).remaining());
            for (int i = 0; i < length; i++) {
                buffer.put((byte) 0);
            }
            left -= length;
        }
    }

    /** Zeros up to a position that lies ahead. */
    void advance(long position) throws IOException {
        zeros(position - position());
    }

    void flush() throws IOException {
        buffer.flip();
        while (buffer.hasRemaining()) {
            written += channel.write(buffer);
        }
        buffer.clear();
    }

    @Override
    public void close() {
        arena.close();
    }
}
