package io.varve.decode;

import io.netty.buffer.ByteBuf;

/**
 * One layer's stream being decompressed: compressed pieces in, tar bytes out.
 *
 * <p>Feed each piece until {@link Progress#NEEDS_INPUT}, and at the end of the stream call {@link #finish}:
 *
 * <pre>{@code
 * while (decoder.decode(piece, out) == NEEDS_OUTPUT) {
 *     handOver(out);
 *     out = Slabs.allocate();
 * }
 * }</pre>
 *
 * <p>Used by one thread at a time; it remembers no buffer between calls. A malformed stream fails as {@code Invalid} with
 * the offset in the compressed stream, one past a limit as {@code Exceeded}. A call that fails moves neither buffer's
 * index and leaves nothing to do but {@link #close}: any other call is then an {@link IllegalStateException}.
 */
public interface Decoder extends AutoCloseable {

    /** What {@link #decode} waits for. */
    enum Progress {
        /** The input is used up, and everything that follows from it was written. */
        NEEDS_INPUT,
        /** The output is full; there may be more to write, even if the input is used up. */
        NEEDS_OUTPUT
    }

    /**
     * Decodes from the reader index of the one to the writer index of the other until the input is used
     * up or the output is full. Both are direct, made of one piece, not views of the same memory, and stay the caller's; an empty
     * input is fine and fetches what is left to write.
     */
    Progress decode(ByteBuf borrowedIn, ByteBuf borrowedOut);

    /**
     * The stream has ended, and the last {@link #decode} answered {@link Progress#NEEDS_INPUT}. Fails as {@code Invalid}
     * if something is missing; otherwise all output was given and is what the stream's own checksums promise.
     */
    void finish();

    /** Compressed bytes taken so far. */
    long consumed();

    /** Decompressed bytes given so far. */
    long produced();

    /** Bytes of native memory this decoder holds, about; grows when a zstd frame with a larger window begins. */
    long stateBytes();

    /** Frees the native state, whether the stream was finished or not. Idempotent. */
    @Override
    void close();
}
