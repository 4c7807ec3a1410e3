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
    private static final FileType[] TYPES = FileType.values();
    private static final int TYPE_BITS = 0170000;

    private final IndexInput in;
    private final IndexInput appendix;
    private final SuperBlock superBlock;
    private final List<Layer> layers;
    private final Runs runs;
    // Where the next of each kind may begin at the earliest.
    private long next;
    private long nextBlock;
    private long nextNote;

    /**
     * Where the bytes of a directory or symlink stand.
     *
     * @param start of its blocks
     * @param inline whether the last of them stands at {@code tail}
     */
    record Content(long size, long start, boolean inline, long tail) {
        long offset(long at) {
            return inline && at == ((size - 1) & -BLOCK) ? tail : start + at;
        }
    }

    record Found(long offset, Inode inode, int layer, Content content) {}

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
        int format = in.u16(at);
        int layout = format >> 1;
        if ((format & Format.EXTENDED) == 0
                || !(layout == Format.FLAT_PLAIN || layout == Format.FLAT_INLINE || layout == Format.CHUNK_BASED)) {
            throw malformed(at, "format of an inode", format, "an extended one");
        }
        FileType type = type(at, in.u16(at + 4));
        long size = in.i64(at + 8);
        int xattrBytes = XattrBody.length(in.u16(at + 2));
        long body = at + Format.INODE_BYTES + xattrBytes;
        next = body;
        int layer = layer(at);
        Content content = content(at, type, layout, size, body);
        Inode inode = new Inode(
                type,
                in.u16(at + 4) & 07777,
                in.i32(at + 24),
                in.i32(at + 28),
                in.i64(at + 32),
                nanos(at),
                type == FileType.REGULAR ? size : 0,
                isDevice(type) ? Format.major(in.i32(at + 16)) : 0,
                isDevice(type) ? Format.minor(in.i32(at + 16)) : 0,
                type == FileType.SYMLINK ? target(content) : new byte[0],
                xattrs(at + Format.INODE_BYTES, xattrBytes),
                layout == Format.CHUNK_BASED ? runs(at, size, body, layer) : new long[0]);
        return new Found(at, inode, layer, content);
    }

    private FileType type(long at, int mode) {
        for (FileType type : TYPES) {
            if ((mode & TYPE_BITS) == type.bits()) {
                return type;
            }
        }
        throw malformed(at + 4, "mode", "0" + Integer.toOctalString(mode), "a known type");
    }

    private int nanos(long at) throws IOException {
        long nanos = in.u32(at + 40);
        if (nanos > 999_999_999) {
            throw malformed(at + 40, "nanoseconds", nanos, "at most 999999999");
        }
        return (int) nanos;
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

    /** Checks that layout and size suit the type, and takes the blocks of what is flat. */
    private Content content(long at, FileType type, int layout, long size, long body) throws IOException {
        boolean flat = type == FileType.DIRECTORY || type == FileType.SYMLINK;
        long most = type == FileType.SYMLINK ? Format.MAX_TARGET : flat || layout == Format.CHUNK_BASED ? size : 0;
        long least = type == FileType.DIRECTORY || layout == Format.CHUNK_BASED ? 1 : 0;
        if (size < least || size > most) {
            throw malformed(at + 8, "size of a " + type + " of layout " + layout, size, least + " to " + most);
        }
        boolean suits = layout == Format.FLAT_PLAIN
                || (flat ? layout == Format.FLAT_INLINE : type == FileType.REGULAR && layout == Format.CHUNK_BASED);
        if (!suits) {
            throw malformed(at, "layout of a " + type, layout, "another");
        }
        boolean inline = layout == Format.FLAT_INLINE;
        if (!flat || size == 0) {
            return new Content(0, 0, inline, body);
        }
        long blocks = Format.blocks(size) - (inline ? 1 : 0);
        long start = blocks == 0 ? 0 : in.u32(at + 16);
        if (blocks > 0) {
            takeBlocks(at + 16, start, blocks);
        }
        if (inline) {
            next = body + size - blocks * BLOCK;
        }
        return new Content(size, start * BLOCK, inline, body);
    }

    private void takeBlocks(long at, long start, long blocks) {
        if (start < nextBlock || blocks > superBlock.blocks() - start) {
            throw malformed(at, "blocks", start + "+" + blocks, "within " + nextBlock + " to " + superBlock.blocks());
        }
        nextBlock = start + blocks;
    }

    private byte[] target(Content content) throws IOException {
        byte[] target = new byte[(int) content.size()];
        in.bytes(content.offset(0), target, target.length);
        return target;
    }

    private long[] runs(long at, long size, long body, int layer) throws IOException {
        int format = in.i32(at + 16);
        if ((format & ~Format.MAX_CHUNK_BITS) != Format.CHUNK_FORMAT_INDEXES) {
            throw malformed(at + 16, "chunk format", format, "indexes");
        }
        int bits = format & Format.MAX_CHUNK_BITS;
        long blocks = Format.blocks(size);
        long chunks = ((blocks - 1) >> bits) + 1;
        long table = Format.align(body, 8);
        if (chunks > superBlock.blocks() * BLOCK / Format.CHUNK_INDEX_BYTES) {
            throw malformed(at + 8, "chunks", chunks, "as many as there is room for");
        }
        next = table + chunks * Format.CHUNK_INDEX_BYTES;
        runs.reset(size, layer < layers.size() ? layers.get(layer).size() : 0);
        boolean copies = false;
        for (long chunk = 0; chunk < chunks; chunk++) {
            long index = table + chunk * Format.CHUNK_INDEX_BYTES;
            int device = in.u16(index + 2);
            long start = in.u32(index + 4);
            long length = Math.min(1L << bits, blocks - (chunk << bits));
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
                long offset = (chunk << bits) * BLOCK;
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

    private static boolean isDevice(FileType type) {
        return type == FileType.CHARACTER || type == FileType.BLOCK;
    }
}
