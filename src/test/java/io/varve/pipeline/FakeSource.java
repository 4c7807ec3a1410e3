package io.varve.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.MediaType;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.ReadableByteChannel;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Documents and blobs in memory, blobs given in small pieces, and everything counted; what is done before a piece is given
 * can be said. Any thread.
 */
public final class FakeSource implements ChannelSource {
    private static final int PIECE = 1_000;
    private static final int PATIENCE_S = 60;

    /** Happens before a read, on the flow's thread. */
    @FunctionalInterface
    public interface Before {
        void read() throws IOException;
    }

    private final Map<Digest, byte[]> blobs = new ConcurrentHashMap<>();
    private final Map<Digest, Before> before = new ConcurrentHashMap<>();
    private final Map<Digest, List<Long>> offsets = new ConcurrentHashMap<>();
    private final Map<Digest, Integer> closed = new ConcurrentHashMap<>();
    private final Map<Digest, Integer> read = new ConcurrentHashMap<>();
    private final Map<Digest, Integer> documents = new ConcurrentHashMap<>();

    /** Whoever asks for the digest is given these bytes, whatever theirs is. */
    public Descriptor add(MediaType label, Digest digest, long size, byte[] bytes) {
        blobs.put(digest, bytes);
        return Descriptor.of(label, digest, size);
    }

    public Descriptor add(MediaType label, byte[] bytes) {
        return add(label, Digest.sha256(bytes), bytes.length, bytes);
    }

    public void remove(Descriptor blob) {
        blobs.remove(blob.digest());
    }

    public void before(Descriptor blob, Before each) {
        before.put(blob.digest(), each);
    }

    /** For what happens before a read: waits as one from a socket does, which an interrupt closes. */
    public static void await(CountDownLatch latch) throws IOException {
        try {
            assertThat(latch.await(PATIENCE_S, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ClosedByInterruptException();
        }
    }

    public int opened(Descriptor blob) {
        return offsets(blob).size();
    }

    /** Where it was asked for from, each time. */
    public List<Long> offsets(Descriptor blob) {
        return offsets.getOrDefault(blob.digest(), List.of());
    }

    /** Bytes of it that were taken. */
    public int read(Descriptor blob) {
        return read.getOrDefault(blob.digest(), 0);
    }

    /** How often it was read as a document. */
    public int documents(Descriptor document) {
        return documents.getOrDefault(document.digest(), 0);
    }

    /** Whether somebody has it open. */
    public boolean isOpen(Descriptor blob) {
        return offsets(blob).size() > closed.getOrDefault(blob.digest(), 0);
    }

    public boolean allClosed() {
        return offsets.entrySet().stream()
                .allMatch(each -> each.getValue().size() == closed.getOrDefault(each.getKey(), 0));
    }

    private byte[] bytes(Digest digest) {
        byte @Nullable [] bytes = blobs.get(digest);
        if (bytes == null) {
            throw Failure.notFound("there is no such blob");
        }
        return bytes;
    }

    @Override
    public byte[] read(Descriptor document, long limit) {
        documents.merge(document.digest(), 1, Integer::sum);
        return bytes(document.digest()).clone();
    }

    @Override
    public ReadableByteChannel open(Descriptor blob, long offset) {
        byte[] bytes = bytes(blob.digest());
        offsets.computeIfAbsent(blob.digest(), digest -> new CopyOnWriteArrayList<>())
                .add(offset);
        return new Channel(blob.digest(), ByteBuffer.wrap(bytes, (int) offset, bytes.length - (int) offset));
    }

    @Override
    public String location() {
        return "docker://fake/source";
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
