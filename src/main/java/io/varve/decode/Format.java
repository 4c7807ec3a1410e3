package io.varve.decode;

import io.varve.failure.Failure;
import java.nio.ByteBuffer;

/** How one compression is undone, free of counting and limits. Used by one thread at a time. */
interface Format {
    /**
     * Decodes from {@code source} to {@code target}, moving both positions, until {@code target} is full, or
     * {@code source} is used up and all that follows from it was written. Keeps neither.
     *
     * @param origin the offset in the compressed stream that {@code source}'s index 0 has, for messages
     */
    void decode(ByteBuffer source, ByteBuffer target, long origin);

    /** Fails if the stream cannot end here, after {@code length} compressed bytes. */
    void finish(long length);

    /** Bytes of native memory held, about. */
    long stateBytes();

    /** Frees the native state; called once. */
    void close();

    /** What is wrong with the stream, and the offset in the compressed bytes where it shows. */
    static Failure malformed(String wrong, long offset) {
        return Failure.invalid(wrong + ", at compressed byte " + offset);
    }

    /** The stream ended inside {@code part}. */
    static Failure truncated(String part, long length) {
        return malformed("truncated: ends in the " + part, length);
    }
}
