package io.varve.pipeline;

import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.MediaType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Blobs in memory, given in small pieces and counted; what is done before a piece is given can be said. Any thread. */
final class FakeBlobs implements Blobs {
    private static final int PIECE = 1_000;

    /** Happens before a read, on the flow's thread. */
    @FunctionalInterface
    interface Before {
        void read() throws IOException;
    }

    private final Map<Digest, byte[]> blobs = new ConcurrentHashMap<>();
    private final Map<Digest, Before> before = new ConcurrentHashMap<>();
    private final Map<Digest, Integer> opened = new ConcurrentHashMap<>();
    private final Map<Digest, Integer> closed = new ConcurrentHashMap<>();
    private final Map<Digest, Integer> read = new ConcurrentHashMap<>();

    /** Whoever asks for the digest is given these bytes, whatever theirs is. */
    Descriptor add(MediaType label, Digest digest, long size, byte[] bytes) {
        blobs.put(digest, bytes);
        return Descriptor.of(label, digest, size);
    }

    Descriptor add(MediaType label, byte[] bytes) {
        return add(label, Digest.sha256(bytes), bytes.length, bytes);
    }

    void before(Descriptor blob, Before each) {
        before.put(blob.digest(), each);
    }

    int opened(Descriptor blob) {
        return opened.getOrDefault(blob.digest(), 0);
    }

    /** Bytes of it that were taken. */
    int read(Descriptor blob) {
        return read.getOrDefault(blob.digest(), 0);
    }

    boolean allClosed() {
        return opened.equals(closed);
    }

    @Override
    public ReadableByteChannel open(Descriptor blob) {
        Digest digest = blob.digest();
        byte @Nullable [] bytes = blobs.get(digest);
        if (bytes == null) {
            throw Failure.notFound("there is no such blob");
        }
        opened.merge(digest, 1, Integer::sum);
        return new Channel(digest, ByteBuffer.wrap(bytes));
    }

    private final class Channel implements ReadableByteChannel {
        private final Digest digest;
        private final ByteBuffer rest;
        private boolean open = true;

        Channel(Digest digest, ByteBuffer rest) {
            this.digest = digest;
            this.rest = rest;
        }

        @Override
        public int read(ByteBuffer into) throws IOException {
            Before first = before.get(digest);
            if (first != null) {
                first.read();
            }
            if (!rest.hasRemaining()) {
                return -1;
            }
            int n = Math.min(PIECE, Math.min(rest.remaining(), into.remaining()));
            into.put(rest.slice(rest.position(), n));
            rest.position(rest.position() + n);
            read.merge(digest, n, Integer::sum);
            return n;
        }

        @Override
        public boolean isOpen() {
            return open;
        }

        @Override
        public void close() {
            if (open) {
                open = false;
                closed.merge(digest, 1, Integer::sum);
            }
        }
    }
}
