package io.varve.erofs;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;

/** Numbers and bytes at any place of an index file, through a window of fixed size; what is outside is malformed. */
final class IndexInput {
    private final FileChannel channel;
    private final long end;
    private final ByteBuffer window;
    private long windowAt;

    /**
     * @param end one past the last byte that may be asked for, at most the file's size
     * @param windowBytes how much is read at a time; {@link Format#BLOCK} or more
     */
    IndexInput(FileChannel channel, long end, int windowBytes) {
        this.channel = channel;
        this.end = end;
        window = ByteBuffer.allocate(windowBytes).order(ByteOrder.LITTLE_ENDIAN).limit(0);
    }

    int u8(long at) throws IOException {
        return window.get(load(at, 1)) & 0xFF;
    }

    int u16(long at) throws IOException {
        return window.getShort(load(at, 2)) & 0xFFFF;
    }

    int i32(long at) throws IOException {
        return window.getInt(load(at, 4));
    }

    long u32(long at) throws IOException {
        return Integer.toUnsignedLong(i32(at));
    }

    long i64(long at) throws IOException {
        return window.getLong(load(at, 8));
    }

    /** Fills the first {@code length} bytes of an array. */
    void bytes(long at, byte[] destination, int length) throws IOException {
        for (int done = 0; done < length; ) {
            int part = Math.min(length - done, Format.BLOCK);
            window.get(load(at + done, part), destination, done, part);
            done += part;
        }
    }

    /** Makes sure that so many bytes are in the window, at most a block, and says where in it. */
    private int load(long at, int length) throws IOException {
        if (at < 0 || at > end - length) {
            throw Format.malformed(at, "end of what is there", end, "at least " + length + " bytes more");
        }
        long in = at - windowAt;
        if (in < 0 || in + length > window.limit()) {
            fill(at, length);
            return 0;
        }
        return (int) in;
    }

    private void fill(long at, int length) throws IOException {
        windowAt = at;
        window.clear().limit((int) Math.min(window.capacity(), end - at));
        while (window.hasRemaining()) {
            if (channel.read(window, at + window.position()) < 0) {
                break;
            }
        }
        window.flip();
        if (window.limit() < length) {
            throw Format.malformed(at, "end of the file", at + window.limit(), "at least " + length + " bytes more");
        }
    }
}
