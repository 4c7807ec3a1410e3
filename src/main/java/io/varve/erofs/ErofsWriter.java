package io.varve.erofs;

import static io.varve.erofs.Format.BLOCK;

import io.varve.failure.Failure;
import io.varve.layerfs.FileType;
import io.varve.layerfs.Layer;
import io.varve.layerfs.Tree;
import io.varve.oci.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.util.List;

/**
 * Writes the index of a tree: one pass to find every place, one over the file from its start to its end.
 *
 * <p>The bytes depend on nothing but the tree, the layers' sizes and digests, the chainId, and those bytes of the tars
 * that have to be copied.
 */
public final class ErofsWriter {
    private final Tree tree;
    private final IndexPlan plan;
    private final IndexOutput out;
    private final TarBytes tar;
    private final Chunks chunks;
    private final DirectoryBlocks directory;
    // The next block that an inode may point to.
    private long pointed;
    private int xattrSet = -1;
    private XattrBody xattrs = XattrBody.NONE;

    private ErofsWriter(Tree tree, List<Layer> layers, IndexPlan plan, IndexOutput out, TarBytes tar) {
        this.tree = tree;
        this.plan = plan;
        this.out = out;
        this.tar = tar;
        chunks = new Chunks(tree, layers);
        directory = new DirectoryBlocks(tree);
    }

    /**
     * Writes the index of a stack to an empty file, and does not sync it. Blocks on the disk.
     *
     * @param tree of the stack
     * @param layers of the stack, base first
     * @param chainId of the stack: names the filesystem
     * @param out the file, at its start; stays open
     * @throws Failure Exceeded when the index would be larger than allowed, or the tree has what the format cannot say,
     *     both before anything is written; Invalid when a file's bytes are not within its tar; Mismatch when a tar is
     *     shorter than its layer says
     */
    public static ErofsIndex write(
            Tree tree, List<Layer> layers, Digest chainId, WritableByteChannel out, ErofsLimits limits)
            throws IOException {
        try {
            IndexPlan plan = new IndexPlan(tree, layers, limits);
            try (IndexOutput output = new IndexOutput(out);
                    TarBytes tar = new TarBytes(layers)) {
                new ErofsWriter(tree, layers, plan, output, tar).write(layers, chainId);
            }
            return plan.report();
        } catch (Failure failure) {
            throw failure.during("write EROFS index " + chainId);
        }
    }

    private void write(List<Layer> layers, Digest chainId) throws IOException {
        writeHeader(layers, chainId);
        pointed = plan.firstPointedBlock();
        for (int inode = 0; inode < tree.inodes(); inode++) {
            out.advance(plan.position(inode));
            writeInode(inode);
        }
        out.advance(plan.firstPointedBlock() * BLOCK);
        for (int inode = 0; inode < tree.inodes(); inode++) {
            writePointed(inode);
        }
        for (int inode = 0; inode < tree.inodes(); inode++) {
            out.room(Appendix.LAYER_BYTES).putShort((short) tree.layer(inode));
            if (tree.type(inode) == FileType.REGULAR) {
                chunks.load(inode);
                Appendix.writeRuns(chunks, out);
            }
        }
        out.advance(plan.bytes());
        out.flush();
    }

    private void writeHeader(List<Layer> layers, Digest chainId) throws IOException {
        ByteBuffer header =
                ByteBuffer.allocate((int) Format.inodesOffset(layers.size())).order(ByteOrder.LITTLE_ENDIAN);
        header.put(Format.XATTRS_OFFSET, plan.report().droppedXattrs() == 0 ? Format.XATTRS_ALL : Format.XATTRS_SOME);
        for (int i = 0; i < layers.size(); i++) {
            SuperBlock.encodeDevice(layers.get(i), header, Format.DEVICES_OFFSET + i * Format.DEVICE_SLOT);
        }
        new SuperBlock(tree.inodes(), plan.blocks(), layers.size(), SuperBlock.uuid(chainId))
                .encode(header.slice(Format.SUPER_OFFSET, BLOCK).order(ByteOrder.LITTLE_ENDIAN));
        out.put(header.array());
    }

    private void writeInode(int inode) throws IOException {
        switch (tree.type(inode)) {
            case REGULAR -> writeFile(inode);
            case DIRECTORY -> writeDirectory(inode);
            case SYMLINK -> writeSymlink(inode);
            case CHARACTER, BLOCK ->
                writeInode(inode, Format.FLAT_PLAIN, 0, Format.encodeDevice(tree.major(inode), tree.minor(inode)));
            case FIFO -> writeInode(inode, Format.FLAT_PLAIN, 0, 0);
        }
    }

    private void writeFile(int inode) throws IOException {
        chunks.load(inode);
        long count = chunks.chunks();
        if (count == 0) {
            writeInode(inode, Format.FLAT_PLAIN, 0, 0);
            return;
        }
        writeInode(inode, Format.CHUNK_BASED, tree.size(inode), chunks.bits() | Format.CHUNK_FORMAT_INDEXES);
        out.advance(Format.align(out.position(), 8));
        int device = tree.layer(inode) + 1;
        for (long chunk = 0; chunk < count; chunk++) {
            long block = chunks.block(chunk);
            if (block == Chunks.HOLE) {
                writeChunk(0, Format.HOLE);
            } else if (block == Chunks.COPY) {
                writeChunk(0, (int) pointed);
                pointed += chunks.blocks(chunk);
            } else {
                writeChunk(device, (int) block);
            }
        }
    }

    /** A chunk index: {@code startblk_hi u16 · device_id u16 · startblk_lo u32}. */
    private void writeChunk(int device, int block) throws IOException {
        out.room(Format.CHUNK_INDEX_BYTES)
                .putShort((short) 0)
                .putShort((short) device)
                .putInt(block);
    }

    private void writeDirectory(int inode) throws IOException {
        directory.load(inode);
        boolean inline = plan.inline(inode, directory.tailBytes());
        writeInode(inode, inline ? Format.FLAT_INLINE : Format.FLAT_PLAIN, directory.size(), (int) pointed);
        pointed += directory.fullBlocks() + (inline ? 0 : 1);
        if (inline) {
            directory.writeTail(plan, out);
        }
    }

    private void writeSymlink(int inode) throws IOException {
        byte[] target = tree.target(inode);
        boolean inline = plan.inline(inode, target.length);
        writeInode(inode, inline ? Format.FLAT_INLINE : Format.FLAT_PLAIN, target.length, (int) pointed);
        if (inline) {
            out.put(target);
        } else {
            pointed += Format.blocks(target.length);
        }
    }

    /**
     * <pre>
     *    0 i_format u16 (bit 0: extended; from bit 1: layout)   2 xattr count u16   4 mode u16
     *    8 size u64    16 i_u u32    20 ino u32    24 uid u32   28 gid u32
     *   32 mtime u64   40 mtime_nsec u32           44 nlink u32 48 reserved[16], then the xattrs
     * </pre>
     */
    private void writeInode(int inode, int layout, long size, int union) throws IOException {
        XattrBody body = xattrs(inode);
        out.room(Format.INODE_BYTES)
                .putShort((short) (Format.EXTENDED | layout << 1))
                .putShort((short) body.count())
                .putShort((short) (tree.type(inode).bits() | tree.mode(inode)))
                .putShort((short) 0)
                .putLong(size)
                .putInt(union)
                .putInt(inode + 1)
                .putInt(tree.uid(inode))
                .putInt(tree.gid(inode))
                .putLong(tree.mtime(inode))
                .putInt(tree.nanos(inode))
                .putInt(tree.links(inode))
                .putLong(0)
                .putLong(0);
        out.put(body.bytes());
    }

    private void writePointed(int inode) throws IOException {
        switch (tree.type(inode)) {
            case REGULAR -> writeCopies(inode);
            case DIRECTORY -> {
                directory.load(inode);
                directory.writeFullBlocks(plan, out);
                if (!plan.inline(inode, directory.tailBytes())) {
                    directory.writeTail(plan, out);
                    out.advance(Format.align(out.position(), BLOCK));
                }
            }
            case SYMLINK -> {
                byte[] target = tree.target(inode);
                if (!plan.inline(inode, target.length)) {
                    out.put(target);
                    out.advance(Format.align(out.position(), BLOCK));
                }
            }
            case CHARACTER, BLOCK, FIFO -> {}
        }
    }

    private void writeCopies(int inode) throws IOException {
        chunks.load(inode);
        if (chunks.copiedBlocks() > 0) {
            tar.select(tree.layer(inode));
            for (long chunk = 0; chunk < chunks.chunks(); chunk++) {
                if (chunks.block(chunk) == Chunks.COPY) {
                    chunks.copy(chunk, out, tar);
                }
            }
        }
    }

    private XattrBody xattrs(int inode) {
        int set = tree.xattrSet(inode);
        if (set != xattrSet) {
            xattrs = XattrBody.encode(tree.xattrs(inode));
            xattrSet = set;
        }
        return xattrs;
    }
}
