package io.varve.crash;

import io.varve.layout.OciLayout;
import io.varve.oci.Descriptor;
import io.varve.pipeline.ChannelSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;

/**
 * A layout that goes away in the middle of a blob, as registries do.
 *
 * @param share how much of each blob there is to be had, of 1
 */
record UnreliableSource(OciLayout layout, double share) implements ChannelSource {
    private static final String AWAY = "the source went away";

    @Override
    public byte[] read(Descriptor descriptor, long limit) {
        return layout.read(descriptor, limit);
    }

    @Override
    public ReadableByteChannel open(Descriptor blob, long offset) {
        ReadableByteChannel whole = layout.open(blob, offset);
        long[] left = {Math.max(0, (long) (blob.size() * share) - offset)};
        return new ReadableByteChannel() {
            @Override
            public int read(ByteBuffer to) throws IOException {
                if (left[0] == 0 && share < 1) {
                    throw new IOException(AWAY);
                }
                int most = share < 1 ? (int) Math.min(to.remaining(), left[0]) : to.remaining();
                ByteBuffer window = to.slice(to.position(), most);
                int got = whole.read(window);
                if (got > 0) {
                    to.position(to.position() + got);
                    left[0] -= got;
                }
                return got;
            }

            @Override
            public boolean isOpen() {
                return whole.isOpen();
            }

            @Override
            public void close() throws IOException {
                whole.close();
            }
        };
    }

    @Override
    public String location() {
        return "layout";
    }
}
