package io.varve.erofs;

import io.varve.failure.Failure;
import io.varve.layerfs.Layer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Bytes of the layers' tars, for what has to be copied. One tar is open at a time, since copies are few. */
final class TarBytes implements AutoCloseable {
    private final List<Layer> layers;
    private int layer = -1;
    private @Nullable FileChannel channel;

    TarBytes(List<Layer> layers) {
        this.layers = layers;
    }

    /** What {@link #copy} reads from now on. */
    void select(int number) throws IOException {
        if (number != layer) {
            close();
            layer = number;
        }
    }

    void copy(long from, long bytes, IndexOutput out) throws IOException {
        FileChannel tar = channel;
        if (tar == null) {
            tar = layers.get(layer).open();
            channel = tar;
        }
        for (long done = 0; done < bytes; ) {
            ByteBuffer buffer = out.room(1);
            int limit = buffer.limit();
            buffer.limit((int) Math.min(limit, buffer.position() + bytes - done));
            int read = tar.read(buffer, from + done);
            buffer.limit(limit);
            if (read < 0) {
                Layer wanted = layers.get(layer);
                throw Failure.mismatch("size of the tar of " + wanted.diffId(), from + done, wanted.size());
            }
            done += read;
        }
    }

    @Override
    public void close() throws IOException {
        FileChannel tar = channel;
        channel = null;
        if (tar != null) {
            tar.close();
        }
    }
}
