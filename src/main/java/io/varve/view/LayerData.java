package io.varve.view;

import io.varve.failure.Failure;
import io.varve.layerfs.Layer;
import io.varve.os.Fd;
import io.varve.os.FilesAt;
import io.varve.os.OsException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Copies runs of bytes out of layers' tars into files. Owned by one thread; the tars' descriptors are shared.
 *
 * <p>A tar is read into a buffer ahead of what is asked for, because the files that one thread writes mostly stand one
 * behind the other in it: a file of a few kilobytes then costs no read of its own. The tars are not mapped, so that
 * resident memory stays at a buffer for each thread, and a tar cut short is an error rather than a fault.
 */
final class LayerData {
    private static final int BUFFER_BYTES = 256 << 10;

    private final List<Layer> layers;
    private final List<Fd> tars;
    private final MemorySegment buffer;

    // What the buffer holds: `length` bytes of a layer's tar from `start`.
    private int held = -1;
    private long start;
    private int length;

    LayerData(List<Layer> layers, List<Fd> tars, Arena arena) {
        this.layers = layers;
        this.tars = tars;
        buffer = arena.allocate(BUFFER_BYTES);
    }

    /**
     * Writes {@code size} bytes that stand at {@code from} in the layer's tar to a file at {@code at}.
     *
     * @param written is told after each piece how long it was, and may throw to stop
     */
    void copy(int layer, long from, long size, Fd file, long at, LongConsumer written) throws OsException {
        long done = 0;
        while (done < size) {
            long next = from + done;
            if (layer != held || next < start || next >= start + length) {
                fill(layer, next, size - done);
            }
            int offset = (int) (next - start);
            long piece = Math.min(size - done, length - offset);
            FilesAt.write(file, buffer, offset, piece, at + done);
            done += piece;
            written.accept(piece);
        }
    }

    /** Reads on past what is wanted only when going forward through a tar, for then the next file is probably near. */
    private void fill(int layer, long from, long wanted) throws OsException {
        boolean forward = layer == held && from >= start && from - start < 2L * BUFFER_BYTES;
        held = -1;
        length = FilesAt.read(
                tars.get(layer), buffer, forward ? BUFFER_BYTES : (int) Math.min(wanted, BUFFER_BYTES), from);
        if (length == 0) {
            throw Failure.mismatch(
                    "tar of layer " + layers.get(layer).diffId(),
                    "its end before byte " + from,
                    wanted + " more bytes");
        }
        held = layer;
        start = from;
    }
}
