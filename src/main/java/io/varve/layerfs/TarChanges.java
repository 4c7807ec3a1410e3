package io.varve.layerfs;

import io.netty.buffer.ByteBuf;
import io.varve.failure.Failure;
import io.varve.tar.TarEntry;
import io.varve.tar.TarLimits;
import io.varve.tar.TarReader;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;

/** A tar's changes, written while its bytes pass by. The same tar gives the same bytes. Owned by one thread at a time. */
public final class TarChanges {
    private final ChangesWriter changes;
    private final Translation translation;
    private final TarReader reader;
    private long size;

    /** @param out an empty file, which stays the caller's to sync and close */
    TarChanges(WritableByteChannel out, TarLimits tarLimits, LayerLimits layerLimits) {
        changes = new ChangesWriter(out);
        translation = new Translation(layerLimits);
        reader = new TarReader(tarLimits, this::record);
    }

    /**
     * Takes the next bytes of the tar. The slab stays the caller's, its indices too.
     *
     * @throws Failure naming the entry and its offset
     */
    public void accept(ByteBuf borrowed) {
        size += borrowed.readableBytes();
        reader.accept(borrowed);
    }

    /** Bytes of the tar so far. */
    public long size() {
        return size;
    }

    /**
     * The tar ended, and all of its changes are written.
     *
     * @throws Failure Invalid when it is cut off
     */
    public void finish() throws IOException {
        reader.finish();
        changes.finish(size);
    }

    private void record(TarEntry entry) {
        Change change = translation.change(entry);
        if (change != null) {
            try {
                changes.write(change);
            } catch (IOException e) {
                throw Failure.from(e);
            }
        }
    }
}
