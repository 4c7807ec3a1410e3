package io.varve.hash;

import io.netty.buffer.ByteBuf;
import io.varve.oci.Digest;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The hash of a stream so far, which another process can go on with where {@link HashState} knows this JDK. Streams that are
 * on their way at the same time are hashed together, where that is faster ({@link MultiBuffer}). Owned by one thread at a time.
 */
public final class RunningHash implements AutoCloseable {
    private final Digest.Algorithm algorithm;
    private final @Nullable HashState states;
    private final Supplier<@Nullable MultiBuffer> together;
    private final MessageDigest hash;
    private long position;
    // Of one that has found others to be hashed with; the hash is its own then.
    private MultiBuffer.@Nullable Line line;

    private RunningHash(
            Digest.Algorithm algorithm,
            @Nullable HashState states,
            Supplier<@Nullable MultiBuffer> together,
            MessageDigest hash,
            long position) {
        this.algorithm = algorithm;
        this.together = together;
        this.states = states;
        this.hash = hash;
        this.position = position;
    }

    /** From how many streams on they are hashed together in this process; 0 where that does not pay, or nobody knows yet. */
    public static int together() {
        MultiBuffer proven = MultiBuffer.get();
        return proven == null ? 0 : proven.worth();
    }

    /** Bytes of slabs that one of them retains at most. */
    public static long waitingBytes() {
        return together() == 0 ? 0 : MultiBuffer.WAITING_BYTES;
    }

    /** @param states null for one whose state stays inside */
    public static RunningHash begin(Digest.Algorithm algorithm, @Nullable HashState states) {
        return begin(algorithm, states, MultiBuffer::get);
    }

    static RunningHash begin(
            Digest.Algorithm algorithm, @Nullable HashState states, Supplier<@Nullable MultiBuffer> together) {
        return new RunningHash(algorithm, states, together, algorithm.hash(), 0);
    }

    /** One that has taken {@code position} bytes; null when that cannot be restored, and they have to be hashed again. */
    public static @Nullable RunningHash restore(
            Digest.Algorithm algorithm, @Nullable HashState states, byte[] state, long position) {
        MessageDigest hash = states == null ? null : states.restore(algorithm, state, position);
        return hash == null ? null : new RunningHash(algorithm, states, MultiBuffer::get, hash, position);
    }

    /**
     * Takes the readable bytes of a slab, now or later: until the digest is asked for, or this is closed, it may retain the slab,
     * whose bytes nobody changes meanwhile. The caller's share of it stays the caller's, its indices too.
     */
    public void update(ByteBuf borrowed) {
        position += borrowed.readableBytes();
        MultiBuffer.Line with = line();
        if (with != null && borrowed.isDirect() && borrowed.nioBufferCount() == 1) {
            with.add(borrowed);
            return;
        }
        settle();
        for (ByteBuffer piece : borrowed.nioBuffers()) {
            hash.update(piece);
        }
    }

    /** Takes all that remains. */
    public void update(ByteBuffer bytes) {
        position += bytes.remaining();
        settle();
        hash.update(bytes);
    }

    /** For {@link #restore}; empty when it cannot be had. */
    public byte[] state() {
        settle();
        return states == null ? new byte[0] : states.export(algorithm, hash, position);
    }

    /** The digest of the bytes so far. Where the state cannot be had, this is the last thing that can be asked. */
    public Digest digest() {
        settle();
        MessageDigest end = states == null ? null : states.restore(algorithm, state(), position);
        return Digest.of(algorithm, end == null ? hash : end);
    }

    /** It may be proven that hashing together pays only while this is on its way. */
    private MultiBuffer.@Nullable Line line() {
        if (line == null && algorithm == Digest.Algorithm.SHA256) {
            MultiBuffer proven = together.get();
            line = proven == null ? null : proven.line(hash);
        }
        return line;
    }

    private void settle() {
        if (line != null) {
            line.settle();
        }
    }

    /** Gives back what waits. */
    @Override
    public void close() {
        if (line != null) {
            line.close();
        }
    }
}
