package io.varve.decode;

import java.nio.ByteBuffer;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** The JDK's zlib, which is always there. It takes no byte before it needs it. */
final class JdkInflate implements Inflate {
    /** A 32 KiB window and the Huffman tables. */
    private static final long STATE_BYTES = 48 << 10;

    private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

    private final Inflater inflater = new Inflater(true);

    @Override
    public boolean inflate(ByteBuffer source, ByteBuffer target, long origin) {
        inflater.setInput(source);
        try {
            inflater.inflate(target);
        } catch (DataFormatException e) {
            throw Format.malformed("deflate data: " + e.getMessage(), origin + source.position());
        } finally {
            inflater.setInput(NOTHING); // it must not keep a view of the caller's memory
        }
        return inflater.finished();
    }

    @Override
    public int overread() {
        return 0;
    }

    @Override
    public long overreadBytes() {
        return 0;
    }

    @Override
    public void reset() {
        inflater.reset();
    }

    @Override
    public long stateBytes() {
        return STATE_BYTES;
    }

    @Override
    public void close() {
        inflater.end();
    }
}
