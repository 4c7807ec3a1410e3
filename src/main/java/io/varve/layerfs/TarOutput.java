package io.varve.layerfs;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;

/**
 * A tar on its way to a channel. Headers and small files are gathered, so that they cost no calls of their own and a reader
 * of a pipe is not woken for each; long runs go past the buffer, from the layer's tar to the channel. Owned by one thread.
 */
public final class TarOutput extends OutputStream implements FileBytes.Pieces {
    private static final int BUFFER = 256 << 10;
    /** From here on two calls, one to flush and one to transfer, cost less than copying. Must fit into the buffer. */
    private static final int LONG_RUN = 64 << 10;

    private static final byte[] ZEROS = new byte[8 << 10];

    private final WritableByteChannel out;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER);

    /** @param out blocking; stays the caller's to close */
    public TarOutput(WritableByteChannel out) {
        this.out = out;
    }

    @Override
    public void write(int one) throws IOException {
        room();
        buffer.put((byte) one);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
        int at = from;
        int end = from + length;
        while (at < end) {
            int piece = Math.min(end - at, room());
            buffer.put(bytes, at, piece);
            at += piece;
        }
    }

    /** Takes all that remains. */
    public void write(ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            int piece = Math.min(bytes.remaining(), room());
            buffer.put(bytes.slice(bytes.position(), piece));
            bytes.position(bytes.position() + piece);
        }
    }

    @Override
    public void zeros(long count) throws IOException {
        for (long left = count; left > 0; left -= ZEROS.length) {
            write(ZEROS, 0, (int) Math.min(left, ZEROS.length));
        }
    }

    @Override
    public void run(FileChannel tar, long from, long length) throws IOException {
        if (length >= LONG_RUN) {
            flush();
            FileBytes.transfer(tar, from, length, out);
            return;
        }
        if (length > buffer.remaining()) {
            flush();
        }
        long at = from;
        buffer.limit(buffer.position() + (int) length);
        while (buffer.hasRemaining()) {
            int read = tar.read(buffer, at);
            if (read < 0) {
                throw FileBytes.ended(tar, from + length);
            }
            at += read;
        }
        buffer.limit(BUFFER);
    }

    /** Everything so far is written to the channel. */
    @Override
    public void flush() throws IOException {
        buffer.flip();
        while (buffer.hasRemaining()) {
            out.write(buffer);
        }
        buffer.clear();
    }

    private int room() throws IOException {
        if (!buffer.hasRemaining()) {
            flush();
        }
        return buffer.remaining();
    }
}
