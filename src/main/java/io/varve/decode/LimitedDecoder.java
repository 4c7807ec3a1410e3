package io.varve.decode;

import io.netty.buffer.ByteBuf;
import io.varve.failure.Failure;
import java.nio.ByteBuffer;

/**
 * A format's door: checks the buffers, counts what passes, holds the limits and keeps the order of calls, so that a format
 * need not.
 */
final class LimitedDecoder implements Decoder {

    private enum State {
        /** All that follows from the input so far was given. */
        DRAINED,
        /** The output was full: the format may hold more. */
        HOLDING,
        FINISHED,
        FAILED,
        CLOSED
    }

    private final String word;
    private final Format format;
    private final DecodeLimits limits;
    private State state = State.DRAINED;
    private long consumed;
    private long produced;

    LimitedDecoder(String word, Format format, DecodeLimits limits) {
        this.word = word;
        this.format = format;
        this.limits = limits;
    }

    @Override
    public Progress decode(ByteBuf borrowedIn, ByteBuf borrowedOut) {
        require(state == State.DRAINED || state == State.HOLDING, "decode");
        requireDirect(borrowedIn);
        requireDirect(borrowedOut);
        if (!borrowedOut.isWritable()) {
            state = State.HOLDING;
            return Progress.NEEDS_OUTPUT;
        }
        state = State.FAILED; // until this call has succeeded
        try {
            run(borrowedIn, borrowedOut);
        } catch (Failure failure) {
            throw failure.during("decode " + word);
        }
        state = borrowedOut.isWritable() ? State.DRAINED : State.HOLDING;
        return state == State.DRAINED ? Progress.NEEDS_INPUT : Progress.NEEDS_OUTPUT;
    }

    /** The buffers' own views spare an allocation per call; they are ours until the call returns. */
    private void run(ByteBuf in, ByteBuf out) {
        ByteBuffer source = in.internalNioBuffer(in.readerIndex(), in.readableBytes());
        ByteBuffer target = out.internalNioBuffer(out.writerIndex(), out.writableBytes());
        int from = source.position();
        int to = target.position();
        format.decode(source, target, consumed - from);
        if (source.hasRemaining() && target.hasRemaining()) {
            throw new IllegalStateException(word + " stopped half-way");
        }
        int taken = source.position() - from;
        int given = target.position() - to;
        check(consumed + taken, produced + given);
        consumed += taken;
        produced += given;
        in.skipBytes(taken);
        out.writerIndex(out.writerIndex() + given);
    }

    private void check(long in, long out) {
        if (out > limits.inflatedBytes()) {
            throw Failure.exceeded("inflated bytes", out, limits.inflatedBytes(), "limits.inflatedBytes");
        }
        // out > in * ratio, without the product, which could overflow
        if (out > limits.ratioFloor() && (out - 1) / limits.ratio() >= in) {
            throw Failure.exceeded(
                    "inflated bytes per compressed byte", (out - 1) / in + 1, limits.ratio(), "limits.ratio");
        }
    }

    @Override
    public void finish() {
        require(state == State.DRAINED, "finish");
        state = State.FAILED;
        try {
            format.finish(consumed);
        } catch (Failure failure) {
            throw failure.during("decode " + word);
        }
        state = State.FINISHED;
    }

    @Override
    public long consumed() {
        return consumed;
    }

    @Override
    public long produced() {
        return produced;
    }

    @Override
    public long stateBytes() {
        return state == State.CLOSED ? 0 : format.stateBytes();
    }

    @Override
    public void close() {
        if (state != State.CLOSED) {
            state = State.CLOSED;
            format.close();
        }
    }

    private void require(boolean allowed, String call) {
        if (!allowed) {
            throw new IllegalStateException(call + " on a " + word + " decoder that is " + state);
        }
    }

    private static void requireDirect(ByteBuf buffer) {
        if (!buffer.isDirect() || buffer.nioBufferCount() != 1) {
            throw new IllegalArgumentException("not a direct buffer of one piece: " + buffer);
        }
    }
}
