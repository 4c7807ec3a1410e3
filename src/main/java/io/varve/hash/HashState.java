package io.varve.hash;

import io.varve.oci.Digest;
import java.lang.reflect.Field;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The state of a running hash, read out of the JDK's own classes and put back into them: the JDK offers no other way to go
 * on with a hash in another process.
 *
 * <pre>
 *   8 words    of 4 (SHA-256) or 8 bytes (SHA-512), big-endian
 *   0 … block  the bytes of the block that is not hashed yet
 * </pre>
 *
 * <p>That block is the one that the position is in; at its end it may be there as a whole, since the JVM's own code for
 * SHA-512 leaves the last one for later.
 *
 * <p>It works where {@code java.base} opens the two packages to us and has the fields that we know, and where a test when
 * this class is loaded finds that what was put back comes to the same digests. Elsewhere there is {@linkplain #KNOWN none}.
 */
public final class HashState {
    /** Null where this JDK does not let its hashes be seen. */
    public static final @Nullable HashState KNOWN = find();

    private static final int WORDS = 8;

    private final Field delegate;
    private final Field words256;
    private final Field words512;
    private final Field processed;
    private final Field filled;
    private final Field buffer;

    private HashState() throws ReflectiveOperationException {
        delegate = field("java.security.MessageDigest$Delegate", "digestSpi");
        words256 = field("sun.security.provider.SHA2", "state");
        words512 = field("sun.security.provider.SHA5", "state");
        processed = field("sun.security.provider.DigestBase", "bytesProcessed");
        filled = field("sun.security.provider.DigestBase", "bufOfs");
        buffer = field("sun.security.provider.DigestBase", "buffer");
    }

    private static Field field(String type, String name) throws ReflectiveOperationException {
        Field field = Class.forName(type).getDeclaredField(name);
        field.setAccessible(true);
        return field;
    }

    /** The state of a hash that has taken {@code position} bytes; empty when it is not one that we know how to keep. */
    byte[] export(Digest.Algorithm algorithm, MessageDigest hash, long position) {
        try {
            Object spi = delegate.get(hash);
            byte[] partial = (byte[]) buffer.get(spi);
            int length = filled.getInt(spi);
            if (processed.getLong(spi) != position || !fits(algorithm, length, position)) {
                return new byte[0];
            }
            ByteBuffer state = ByteBuffer.allocate(words(algorithm) + length);
            switch (algorithm) {
                case SHA256 -> state.asIntBuffer().put((int[]) words256.get(spi));
                case SHA512 -> state.asLongBuffer().put((long[]) words512.get(spi));
            }
            return state.put(words(algorithm), partial, 0, length).array();
        } catch (IllegalAccessException e) {
            throw new IllegalStateException("was accessible", e);
        }
    }

    /** Makes a new hash one that has taken {@code position} bytes; null when the state is not one of that position. */
    @Nullable
    MessageDigest restore(Digest.Algorithm algorithm, byte[] state, long position) {
        int length = state.length - words(algorithm);
        if (!fits(algorithm, length, position)) {
            return null;
        }
        try {
            MessageDigest hash = algorithm.hash();
            Object spi = delegate.get(hash);
            ByteBuffer from = ByteBuffer.wrap(state);
            switch (algorithm) {
                case SHA256 -> from.asIntBuffer().get((int[]) words256.get(spi));
                case SHA512 -> from.asLongBuffer().get((long[]) words512.get(spi));
            }
            System.arraycopy(state, words(algorithm), (byte[]) buffer.get(spi), 0, length);
            processed.setLong(spi, position);
            filled.setInt(spi, length);
            return hash;
        } catch (IllegalAccessException e) {
            throw new IllegalStateException("was accessible", e);
        }
    }

    /**
     * Bytes to give to a running SHA-256 so that its block is hashed; 0 when none waits for that. A whole block may still wait, and
     * is hashed with the first byte of the next one.
     */
    int lacking(MessageDigest sha256) {
        try {
            int waiting = filled.getInt(delegate.get(sha256));
            int block = block(Digest.Algorithm.SHA256);
            return waiting == 0 ? 0 : Math.max(1, block - waiting);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException("was accessible", e);
        }
    }

    /** The words of a running SHA-256 that lacks nothing, themselves: whoever changes them says how far they are {@linkplain #advance now}. */
    int[] words(MessageDigest sha256) {
        try {
            return (int[]) words256.get(delegate.get(sha256));
        } catch (IllegalAccessException e) {
            throw new IllegalStateException("was accessible", e);
        }
    }

    /** The words of this hash are now those of so many more bytes, which are whole blocks. */
    void advance(MessageDigest hash, long bytes) {
        try {
            Object spi = delegate.get(hash);
            processed.setLong(spi, processed.getLong(spi) + bytes);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException("was accessible", e);
        }
    }

    /** Whether so many bytes may wait for their block to be hashed. */
    private static boolean fits(Digest.Algorithm algorithm, int length, long position) {
        int over = (int) (position % block(algorithm));
        return length == over || (over == 0 && position > 0 && length == block(algorithm));
    }

    private static int words(Digest.Algorithm algorithm) {
        return block(algorithm) / 2;
    }

    /** Bytes in a block; a word is a sixteenth of that in both algorithms. */
    private static int block(Digest.Algorithm algorithm) {
        return switch (algorithm) {
            case SHA256 -> 2 * WORDS * Integer.BYTES;
            case SHA512 -> 2 * WORDS * Long.BYTES;
        };
    }

    private static @Nullable HashState find() {
        try {
            HashState state = new HashState();
            for (Digest.Algorithm algorithm : Digest.Algorithm.values()) {
                int block = block(algorithm);
                for (int position : new int[] {0, 1, block - 1, block, block + 1, 5 * block + block / 2}) {
                    if (!state.holds(algorithm, position)) {
                        return null;
                    }
                }
            }
            return state;
        } catch (ReflectiveOperationException | RuntimeException e) {
            // Another JDK, another provider in front, or packages that are not open: all of them may do that.
            return null;
        }
    }

    private boolean holds(Digest.Algorithm algorithm, int position) {
        byte[] bytes = new byte[position + 3 * block(algorithm) + 5];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i * 31 + 7);
        }
        MessageDigest whole = algorithm.hash();
        whole.update(bytes, 0, position);
        MessageDigest resumed = restore(algorithm, export(algorithm, whole, position), position);
        if (resumed == null) {
            return false;
        }
        whole.update(bytes, position, bytes.length - position);
        resumed.update(bytes, position, bytes.length - position);
        return Arrays.equals(whole.digest(), resumed.digest());
    }
}
