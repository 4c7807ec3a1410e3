package io.varve.erofs;

import static io.varve.erofs.Format.BLOCK;
import static io.varve.erofs.Format.INODE_BYTES;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.layerfs.Layer;
import io.varve.layerfs.Tree;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Where everything of a tree stands in its index, known before a byte is written, because a directory's names hold the
 * places of inodes that come later. Memory is one number for each inode.
 */
final class IndexPlan {
    private static final long MAX_BLOCKS = 0xFFFFFFFFL;

    private final Tree tree;
    private final ErofsLimits limits;
    private final Chunks chunks;
    private final DirectoryBlocks directory;
    private final long nidBase;
    private final int[] nids;
    // By set of xattrs: their bytes, or -1 for not yet known.
    private final int[] xattrBytes;
    private final int[] xattrsDropped;

    private long end;
    private long pointedBlocks;
    private long copiedBlocks;
    private long appendixBytes;
    private long dropped;

    /**
     * @throws Failure Exceeded when the index would be larger than allowed, or something is more than the format can say;
     *     Invalid when a file's runs are not within its tar
     */
    IndexPlan(Tree tree, List<Layer> layers, ErofsLimits limits) {
        this.tree = tree;
        this.limits = limits;
        chunks = new Chunks(tree, layers);
        directory = new DirectoryBlocks(tree);
        nidBase = Format.nidBase(layers.size());
        nids = new int[tree.inodes()];
        xattrBytes = new int[tree.xattrSets()];
        xattrsDropped = new int[tree.xattrSets()];
        Arrays.fill(xattrBytes, -1);
        checkDevices(layers);
        end = Format.inodesOffset(layers.size());
        for (int inode = 0; inode < nids.length; inode++) {
            try {
                place(inode, layers.size());
                checkSize();
            } catch (Failure failure) {
                throw failure.during(path(inode));
            }
        }
    }

    long nid(int inode) {
        return nids[inode];
    }

    long position(int inode) {
        return nidBase + ((long) nids[inode] << Format.NID_BITS);
    }

    int xattrBytes(int inode) {
        return xattrBytes[tree.xattrSet(inode)];
    }

    /** Whether so many bytes of content stand beside the inode. */
    boolean inline(int inode, long tail) {
        return fits(position(inode), INODE_BYTES + xattrBytes(inode) + tail);
    }

    /** The first block behind the inodes: where the blocks begin that they point to. */
    long firstPointedBlock() {
        return Format.blocks(end);
    }

    /** Blocks of the filesystem. */
    long blocks() {
        return Format.blocks(end) + pointedBlocks;
    }

    /** Bytes of the index file. */
    long bytes() {
        return (blocks() + Format.blocks(appendixBytes)) * BLOCK;
    }

    ErofsIndex report() {
        return new ErofsIndex(bytes(), copiedBlocks * BLOCK, dropped);
    }

    private void place(int inode, int layers) {
        if (tree.layer(inode) >= Math.max(1, layers)) {
            throw Failure.invalid("layer: got " + tree.layer(inode) + ", wanted one of " + layers);
        }
        int head = INODE_BYTES + measureXattrs(inode);
        appendixBytes += Appendix.LAYER_BYTES;
        end = Format.align(end, 1 << Format.NID_BITS);
        switch (tree.type(inode)) {
            case REGULAR -> placeFile(inode, head);
            case DIRECTORY -> {
                directory.load(inode);
                pointedBlocks += directory.fullBlocks();
                placeWithTail(inode, head, directory.tailBytes());
            }
            case SYMLINK -> placeSymlink(inode, head);
            case CHARACTER, BLOCK -> {
                checkDevice(inode);
                at(inode, head);
            }
            case FIFO -> at(inode, head);
        }
    }

    private void placeFile(int inode, int head) {
        chunks.load(inode);
        copiedBlocks += chunks.copiedBlocks();
        pointedBlocks += chunks.copiedBlocks();
        appendixBytes += Appendix.runsBytes(chunks);
        at(inode, chunks.chunks() == 0 ? head : Format.align(head, 8) + Format.CHUNK_INDEX_BYTES * chunks.chunks());
    }

    private void placeSymlink(int inode, int head) {
        long length = tree.size(inode);
        if (length > Format.MAX_TARGET) {
            throw tooMuch("target of a symlink", length + " bytes", Format.MAX_TARGET + " bytes");
        }
        placeWithTail(inode, head, (int) length);
    }

    /** Keeps the tail beside its inode, if need be by leaving the rest of a block empty when that costs less. */
    private void placeWithTail(int inode, int head, int tail) {
        int rest = BLOCK - Format.inBlock(end);
        if (!fits(end, (long) head + tail) && head + tail <= BLOCK && rest + tail <= BLOCK) {
            end += rest;
        }
        if (fits(end, (long) head + tail)) {
            at(inode, (long) head + tail);
        } else {
            pointedBlocks += Format.blocks(tail);
            at(inode, head);
        }
    }

    private void at(int inode, long bytes) {
        long nid = (end - nidBase) >> Format.NID_BITS;
        if (nid > Integer.MAX_VALUE) {
            throw tooMuch("bytes of inodes", end, (long) Integer.MAX_VALUE << Format.NID_BITS);
        }
        nids[inode] = (int) nid;
        end += bytes;
    }

    private static boolean fits(long position, long bytes) {
        return Format.inBlock(position) + bytes <= BLOCK;
    }

    private int measureXattrs(int inode) {
        int set = tree.xattrSet(inode);
        if (xattrBytes[set] < 0) {
            XattrBody body = XattrBody.encode(tree.xattrs(inode));
            xattrBytes[set] = body.bytes().length;
            xattrsDropped[set] = body.dropped();
        }
        dropped += xattrsDropped[set];
        return xattrBytes[set];
    }

    private void checkDevice(int inode) {
        int major = tree.major(inode);
        int minor = tree.minor(inode);
        if ((major & ~Format.MAX_MAJOR) != 0 || (minor & ~Format.MAX_MINOR) != 0) {
            throw tooMuch(
                    "device number",
                    Integer.toUnsignedString(major) + ":" + Integer.toUnsignedString(minor),
                    Format.MAX_MAJOR + ":" + Format.MAX_MINOR);
        }
    }

    private static void checkDevices(List<Layer> layers) {
        if (layers.size() > Format.MAX_DEVICES) {
            throw tooMuch("layers", layers.size(), Format.MAX_DEVICES);
        }
        for (Layer layer : layers) {
            if (layer.size() >> Format.BLOCK_BITS >= MAX_BLOCKS) {
                throw tooMuch("tar of " + layer.diffId(), layer.size() + " bytes", (MAX_BLOCKS * BLOCK - 1) + " bytes");
            }
        }
    }

    private void checkSize() {
        // Counted in blocks, for the bytes of a hostile sparse file may be more than a long holds.
        long blocks = blocks() + Format.blocks(appendixBytes);
        if (blocks > limits.indexBytes() >> Format.BLOCK_BITS) {
            long bytes = blocks > Long.MAX_VALUE / BLOCK ? Long.MAX_VALUE : blocks * BLOCK;
            throw Failure.exceeded("bytes of an index", bytes, limits.indexBytes(), "limits.indexBytes");
        }
        if (blocks() >= MAX_BLOCKS) {
            throw tooMuch("blocks of an index", blocks(), MAX_BLOCKS);
        }
    }

    private String path(int inode) {
        int up = tree.parent(inode);
        String path = "/" + new String(tree.path(up), StandardCharsets.UTF_8);
        for (int e = tree.firstEntry(up); e < tree.endEntry(up); e++) {
            if (tree.inode(e) == inode) {
                return (up == Tree.ROOT ? "/" : path + "/") + new String(tree.name(e), StandardCharsets.UTF_8);
            }
        }
        return path;
    }

    private static Failure tooMuch(String what, Object got, Object most) {
        return Failure.of(Category.EXCEEDED, what + ": got " + got + ", at most " + most + " in an EROFS index");
    }
}
