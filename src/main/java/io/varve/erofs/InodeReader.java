package io.varve.erofs;

import static io.varve.erofs.Format.BLOCK;
import static io.varve.erofs.Format.malformed;

import io.varve.layerfs.FileType;
import io.varve.layerfs.Inode;
import io.varve.layerfs.Layer;
import io.varve.layerfs.Xattr;
import java.io.IOException;
import java.util.List;

/** The inodes of an index one after another, each with its part of the appendix. */
final class InodeReader {
    private final IndexInput in;
    private final IndexInput appendix;
    private final SuperBlock superBlock;
    private final List<Layer> layers;
    private final Runs runs;
    // Where the next of each kind may begin at the earliest.
    private long next;
    private long nextBlock;
    private long nextNote;

    record Found(long offset, Inode inode, int layer, InodeFields.Content content) {}

    InodeReader(IndexInput in, IndexInput appendix, SuperBlock superBlock, List<Layer> layers, ErofsLimits limits) {
        this.in = in;
        this.appendix = appendix;
        this.superBlock = superBlock;
        this.layers = layers;
        runs = new Runs(limits.treeBytes());
        next = Format.inodesOffset(layers.size());
        nextNote = superBlock.blocks() * BLOCK;
    }

    /** Reads the inode at an offset, which lies behind all that was read before. */
    Found read(long at) throws IOException {
        if (at < next) {
            throw malformed(at, "inode", at, "at least " + next);
        }
        InodeFields fields = InodeFields.read(in, at);
        next = fields.body();
        int layer = layer(at);
        InodeFields.Content content = content(fields);
        Inode inode = new Inode(
                fields.type(),
                fields.mode(),
                fields.uid(),
                fields.gid(),
                fields.mtime(),
                fields.nanos(),
                fields.type() == FileType.REGULAR ? fields.size() : 0,
                fields.major(),
                fields.minor(),
                fields.type() == FileType.SYMLINK ? target(content) : new byte[0],
                xattrs(fields.xattrs(), fields.xattrBytes()),
                fields.isChunked() ? runs(fields, layer) : new long[0]);
        return new Found(at, inode, layer, content);
    }

    private int layer(long at) throws IOException {
        int layer = appendix.u16(nextNote);
        if (layer >= Math.max(1, layers.size())) {
            throw malformed(nextNote, "layer of the inode at " + at, layer, "below " + layers.size());
        }
        nextNote += Appendix.LAYER_BYTES;
        return layer;
    }

    private List<Xattr> xattrs(long at, int length) throws IOException {
        if (length == 0) {
            return List.of();
        }
        byte[] body = new byte[length];
        in.bytes(at, body, length);
        return XattrBody.decode(body, at);
    }

    /** Takes the blocks of what is flat. */
    private InodeFields.Content content(InodeFields fields) {
        InodeFields.Content content = fields.content();
        if (content.blocks() > 0) {
            takeBlocks(fields.at() + 16, content.start() / BLOCK, content.blocks());
        }
        if (content.size() > 0 && content.inline()) {
            next = content.tail() + content.size() - content.blocks() * BLOCK;
        }
        return content;
    }

    private void takeBlocks(long at, long start, long blocks) {
        if (start < nextBlock || blocks > superBlock.blocks() - start) {
            throw malformed(at, "blocks", start + "+" + blocks, "within " + nextBlock + " to " + superBlock.blocks());
        }
        nextBlock = start + blocks;
    }

    private byte[] target(InodeFields.Content content) throws IOException {
        byte[] target = new byte[(int) content.size()];
        in.bytes(content.offset(0), target, target.length);
        return target;
    }

    private long[] runs(InodeFields fields, int layer) throws IOException {
        long size = fields.size();
        InodeFields.ChunkTable chunks = fields.chunks(superBlock);
        long blocks = Format.blocks(size);
        next = chunks.end();
        runs.reset(size, layer < layers.size() ? layers.get(layer).size() : 0);
        boolean copies = false;
        for (long chunk = 0; chunk < chunks.count(); chunk++) {
            long index = chunks.index(chunk);
            int device = in.u16(index + 2);
            long start = in.u32(index + 4);
            long length = Math.min(1L << chunks.bits(), blocks - (chunk << chunks.bits()));
            if (in.u16(index) != 0 || (device != 0 && device != layer + 1)) {
                throw malformed(index, "device of a chunk", device, layer + 1);
            }
            if (start == Integer.toUnsignedLong(Format.HOLE)) {
                continue;
            }
            if (device == 0) {
                takeBlocks(index + 4, start, length);
                copies = true;
            } else {
                long offset = chunks.offset(chunk);
                runs.add(index, offset, Math.min(length * BLOCK, size - offset), start * BLOCK);
            }
        }
        if (copies) {
            readRuns(size);
        }
        return runs.triples();
    }

    /** The runs of a file of which chunks were copied; they stand in the appendix. */
    private void readRuns(long size) throws IOException {
        long count = appendix.u32(nextNote);
        long first = nextNote + Appendix.COUNT_BYTES;
        runs.reset(size, runs.tarSize());
        for (long i = 0; i < count; i++) {
            long note = first + i * Appendix.RUN_BYTES;
            runs.add(note, appendix.i64(note), appendix.i64(note + 8), appendix.i64(note + 16));
        }
        nextNote = first + count * Appendix.RUN_BYTES;
    }
}
