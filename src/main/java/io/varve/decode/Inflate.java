package io.varve.decode;

import java.nio.ByteBuffer;

/**
 * Deflate, RFC 1951, being undone: one stream and, after {@link #reset}, the next. Knows nothing of what stands around a
 * stream. Used by one thread at a time. After a failure there is nothing to do but {@link #close}.
 */
interface Inflate {
    /**
     * Inflates from {@code source} to {@code target}, both direct, moving both positions, until the stream ends,
     * {@code target} is full, or {@code source} is used up. Keeps neither. Not called when the stream has ended, nor without room.
     *
     * @param origin the offset in the compressed stream that {@code source}'s index 0 has, for messages
     * @return whether the stream has ended and all of it was given; {@code source} then stands behind it
     */
    boolean inflate(ByteBuffer source, ByteBuffer target, long origin);

    /** How many bytes behind the stream's end were taken from earlier sources, before it was known to end there; at most 8. */
    int overread();

    /** The {@link #overread} bytes, the first of them lowest. */
    long overreadBytes();

    /** Makes ready for the next stream. */
    void reset();

    /** Bytes of native memory held, about. */
    long stateBytes();

    /** Frees the native state; called once, and nothing after it. */
    void close();
}
