package io.varve.content;

import io.varve.oci.Digest;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;

/**
 * The hash of the bytes of a blob so far, which another process can go on with where {@link HashState} knows this JDK. Owned by
 * one thread at a time.
 */
final class RunningHash {
    private final Digest.Algorithm algorithm;
    private final @Nullable HashState states;
    private final MessageDigest hash;
    private long position;

    private RunningHash(Digest.Algorithm algorithm, @Nullable HashState states, MessageDigest hash, long position) {
        this.algorithm = algorithm;
        this.states = states;
        this.hash = hash;
        this.position = position;
    }

    /** @param states null for one whose state stays inside */
    static RunningHash begin(Digest.Algorithm algorithm, @Nullable HashState states) {
        return new RunningHash(algorithm, states, algorithm.hash(), 0);
    }

    /** One that has taken {@code position} bytes; null when that cannot be restored, and they have to be hashed again. */
    static @Nullable RunningHash restore(
            Digest.Algorithm algorithm, @Nullable HashState states, byte[] state, long position) {
        MessageDigest hash = states == null ? null : states.restore(algorithm, state, position);
        return hash == null ? null : new RunningHash(algorithm, states, hash, position);
    }

    /** Takes all that remains. */
    void update(ByteBuffer bytes) {
        position += bytes.remaining();
        hash.update(bytes);
    }

    /** For {@link #restore}; empty when it cannot be had. */
    byte[] state() {
        return states == null ? new byte[0] : states.export(algorithm, hash, position);
    }

    /** The digest of the bytes so far. Where the state cannot be had, this is the last thing that can be asked. */
    Digest digest() {
        MessageDigest end = states == null ? null : states.restore(algorithm, state(), position);
        return Digest.of(algorithm, end == null ? hash : end);
    }
}
