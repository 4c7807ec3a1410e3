package io.varve.http;

import io.varve.failure.Failure;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** Bytes that are read at any place. Blocks; by one thread at a time. */
public interface Bytes extends Closeable {
    /**
     * Fills the buffer with the bytes from {@code position}.
     *
     * @param into has no more room than there are bytes from there
     */
    void read(ByteBuffer into, long position) throws IOException;

    /** @param owned closed with it */
    static Bytes of(FileChannel owned) {
        return new Bytes() {
            @Override
            public void read(ByteBuffer into, long position) throws IOException {
                long at = position;
                while (into.hasRemaining()) {
                    int count = owned.read(into, at);
                    if (count < 0) {
                        throw Failure.mismatch("size", at, "at least " + (at + into.remaining()));
                    }
                    at += count;
                }
            }

            @Override
            public void close() throws IOException {
                owned.close();
            }
        };
    }
}
