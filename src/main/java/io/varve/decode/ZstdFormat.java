package io.varve.decode;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdDirectBufferDecompressingStreamNoFinalizer;
import com.github.luben.zstd.ZstdIOException;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;

/** zstd, RFC 8878: one frame or several one behind the other, skippable ones (zstd:chunked has them) passed over. */
final class ZstdFormat implements Format {
    /** The library's context, a block of input and two of output; the window comes on top. */
    private static final long STATE_BYTES = 512 << 10;

    private final Frames frames;
    private final ZstdFrameHeader header;
    /** At the start of the stream or of a frame that has not begun. */
    private boolean betweenFrames = true;
    /** The last call filled the target, so the library may hold more. */
    private boolean holding;

    private long largestWindow;

    ZstdFormat(int maxWindowLog) {
        header = new ZstdFrameHeader(maxWindowLog);
        frames = new Frames(maxWindowLog);
    }

    @Override
    public void decode(ByteBuffer source, ByteBuffer target, long origin) {
        // Not called in vain: the library takes many calls without progress for an error.
        while (target.hasRemaining() && (source.hasRemaining() || holding)) {
            header.peek(source, origin);
            largestWindow = Math.max(largestWindow, header.window());
            long offset = origin + source.position();
            try {
                betweenFrames = frames.decode(source, target);
            } catch (ZstdIOException e) {
                throw refusal(e, offset);
            } catch (IOException e) {
                throw new IllegalStateException(e); // "Stream closed", which our caller rules out
            }
            holding = !betweenFrames && !target.hasRemaining();
            if (betweenFrames) {
                header.reset();
            }
        }
    }

    /** The library does not say where in a piece it stopped, so {@code offset} is where the piece began. */
    private Failure refusal(ZstdIOException e, long offset) {
        return e.getErrorCode() == Zstd.errMemoryAllocation()
                ? Failure.of(Category.UNAVAILABLE, "no memory for a zstd window of " + header.window() + " bytes", e)
                : Format.malformed("zstd frame: " + e.getMessage(), offset);
    }

    @Override
    public void finish(long length) {
        if (length == 0 || !betweenFrames) {
            throw Format.truncated("zstd frame", length);
        }
    }

    @Override
    public long stateBytes() {
        return STATE_BYTES + largestWindow;
    }

    @Override
    public void close() {
        frames.close();
    }

    /**
     * The library's stream, made to take one piece after another. Of its classes this one alone lets the window limit be
     * raised. When a frame ends with its source it would take that for the end of everything and read no further; so what
     * it is given behind every piece is a source that is never empty and never read.
     */
    private static final class Frames extends ZstdDirectBufferDecompressingStreamNoFinalizer {
        private static final ByteBuffer NEVER_READ = ByteBuffer.allocateDirect(1);
        private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

        Frames(int maxWindowLog) {
            super(NOTHING);
            try {
                setLongMax(maxWindowLog);
            } catch (IOException e) {
                close();
                throw new IllegalArgumentException("window log " + maxWindowLog, e);
            }
        }

        @Override
        protected ByteBuffer refill(ByteBuffer empty) {
            return NEVER_READ;
        }

        /** At most to the end of one frame; true if a frame has ended and all of it was written. */
        boolean decode(ByteBuffer from, ByteBuffer to) throws IOException {
            source = from;
            try {
                read(to);
            } finally {
                source = NOTHING; // it must not keep a view of the caller's memory
            }
            return !hasRemaining(); // with nothing in its source, that is whether a frame is unfinished
        }
    }
}
