package io.varve.erofs;

import static io.varve.erofs.Format.BLOCK;
import static io.varve.erofs.Format.malformed;

import io.varve.failure.Failure;
import io.varve.layerfs.FileType;
import io.varve.layerfs.Layer;
import io.varve.layerfs.Tree;
import io.varve.layerfs.TreeBuilder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Makes the tree of an index again.
 *
 * <p>It reads what {@link ErofsWriter} writes and no other EROFS. That makes it safe against a damaged file: inodes
 * follow one another in the order in which a walk first meets them, and so do the blocks they point to, so whatever
 * overlaps, leads back or leads outside is refused, the walk ends, and memory stays in proportion to the file.
 */
public final class ErofsReader {
    private static final int INODES_WINDOW = 1 << 18;
    private static final int CONTENT_WINDOW = 1 << 12;
    private static final int MAX_EXPECTED = 1 << 20;

    private final SuperBlock superBlock;
    private final TreeBuilder builder;
    private final long nidBase;
    private final InodeReader inodes;
    private final IndexInput content;
    private final ArrayDeque<Directory> pending = new ArrayDeque<>();
    private final byte[] block = new byte[BLOCK];
    private final ByteBuffer dirents = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
    // By number in the builder, ascending.
    private int[] nids = new int[1024];
    private int count;

    /** A directory whose names have not been read: where its blocks stand, and its last, partial one. */
    private record Directory(int number, int parent, InodeReader.Content content) {}

    private ErofsReader(FileChannel index, SuperBlock superBlock, List<Layer> layers, ErofsLimits limits)
            throws IOException {
        this.superBlock = superBlock;
        builder = new TreeBuilder((int) Math.min(superBlock.inodes(), MAX_EXPECTED), limits.treeBytes());
        nidBase = Format.nidBase(layers.size());
        long filesystem = superBlock.blocks() * BLOCK;
        inodes = new InodeReader(
                new IndexInput(index, filesystem, INODES_WINDOW),
                new IndexInput(index, index.size(), CONTENT_WINDOW),
                superBlock,
                layers,
                limits);
        content = new IndexInput(index, filesystem, CONTENT_WINDOW);
    }

    /**
     * The tree that the index was written from, with neighbouring runs of a file joined. Blocks on the disk.
     *
     * @param index stays open
     * @param layers of the stack, base first
     * @throws Failure Invalid, with the byte offset, when it is not an index or is damaged in a way that shows; Mismatch
     *     when it is of other layers; Exceeded when file or tree is larger than allowed
     */
    public static Tree read(FileChannel index, List<Layer> layers, ErofsLimits limits) throws IOException {
        try {
            if (index.size() > limits.indexBytes()) {
                throw Failure.exceeded("bytes of an index", index.size(), limits.indexBytes(), "limits.indexBytes");
            }
            return new ErofsReader(index, readHeader(index, layers), layers, limits).tree();
        } catch (Failure failure) {
            throw failure.during("read EROFS index");
        }
    }

    private static SuperBlock readHeader(FileChannel index, List<Layer> layers) throws IOException {
        IndexInput in = new IndexInput(index, index.size(), CONTENT_WINDOW);
        byte[] bytes = new byte[BLOCK];
        in.bytes(Format.SUPER_OFFSET, bytes, BLOCK);
        SuperBlock superBlock = SuperBlock.decode(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
        if (superBlock.devices() != layers.size()) {
            throw Failure.mismatch("layers of the index", superBlock.devices(), layers.size());
        }
        if (superBlock.blocks() * BLOCK > index.size()) {
            throw malformed(Format.SUPER_OFFSET, "blocks", superBlock.blocks(), index.size() / BLOCK + " at most");
        }
        if (superBlock.inodes() < 1 || superBlock.inodes() > superBlock.blocks() * BLOCK / Format.INODE_BYTES) {
            throw malformed(Format.SUPER_OFFSET, "inodes", superBlock.inodes(), "as many as there is room for");
        }
        checkLayers(in, layers);
        return superBlock;
    }

    private static void checkLayers(IndexInput in, List<Layer> layers) throws IOException {
        byte[] slot = new byte[Format.DEVICE_SLOT];
        for (int i = 0; i < layers.size(); i++) {
            long at = Format.DEVICES_OFFSET + (long) i * Format.DEVICE_SLOT;
            byte[] wanted = new byte[Format.DEVICE_SLOT];
            SuperBlock.encodeDevice(layers.get(i), ByteBuffer.wrap(wanted).order(ByteOrder.LITTLE_ENDIAN), 0);
            in.bytes(at, slot, slot.length);
            if (!Arrays.equals(slot, wanted)) {
                throw Failure.mismatch(
                        "byte " + at + ", layer " + i + " of the index",
                        "another one",
                        layers.get(i).diffId());
            }
        }
    }

    private Tree tree() throws IOException {
        InodeReader.Found root = inodes.read(nidBase + ((long) Format.ROOT_NID << Format.NID_BITS));
        if (root.inode().type() != FileType.DIRECTORY) {
            throw malformed(root.offset(), "root", root.inode().type(), FileType.DIRECTORY);
        }
        builder.describe(Tree.ROOT, root.inode(), root.layer());
        nids[count++] = Format.ROOT_NID;
        pending.push(new Directory(Tree.ROOT, Tree.ROOT, root.content()));
        List<Directory> found = new ArrayList<>();
        while (!pending.isEmpty()) {
            list(pending.pop(), found);
            // The first in the order of names is on top, as in the numbering of a tree.
            for (int i = found.size() - 1; i >= 0; i--) {
                pending.push(found.get(i));
            }
            found.clear();
        }
        if (count != superBlock.inodes()) {
            throw malformed(Format.SUPER_OFFSET, "inodes", superBlock.inodes(), count);
        }
        return builder.build();
    }

    private void list(Directory directory, List<Directory> found) throws IOException {
        byte[] last = new byte[Format.MAX_NAME];
        int lastLength = 0;
        int dots = 0;
        InodeReader.Content place = directory.content();
        for (long at = 0; at < place.size(); at += BLOCK) {
            int length = (int) Math.min(BLOCK, place.size() - at);
            long offset = place.offset(at);
            content.bytes(offset, block, length);
            int names = u16(8);
            int number = names / Format.DIRENT_BYTES;
            if (number == 0 || number * Format.DIRENT_BYTES != names || names >= length) {
                throw malformed(offset + 8, "offset of the first name", names, "a multiple of 12 below " + length);
            }
            for (int i = 0; i < number; i++) {
                int dirent = i * Format.DIRENT_BYTES;
                int from = u16(dirent + 8);
                int to = i + 1 < number ? u16(dirent + Format.DIRENT_BYTES + 8) : endOfName(from, length);
                checkName(offset + dirent, from, to, length);
                if (Arrays.compareUnsigned(last, 0, lastLength, block, from, to) >= 0) {
                    throw malformed(offset + dirent, "name", "one out of order", "ascending ones");
                }
                lastLength = to - from;
                System.arraycopy(block, from, last, 0, lastLength);
                dots += entry(directory, offset, dirent, from, to, found);
            }
        }
        if (dots != 2) {
            throw malformed(place.offset(0), "names of a directory for itself and its parent", dots, 2);
        }
    }

    /** Puts a name into its directory; 1 if it is {@code .} or {@code ..}, which are not put anywhere. */
    private int entry(Directory directory, long offset, int dirent, int from, int to, List<Directory> found)
            throws IOException {
        long nid = dirents.getLong(dirent);
        boolean dot = block[from] == '.' && to - from == 1;
        if (dot || (block[from] == '.' && to - from == 2 && block[from + 1] == '.')) {
            int wanted = nids[dot ? directory.number() : directory.parent()];
            if (nid != wanted || block[dirent + 10] != Format.direntType(FileType.DIRECTORY)) {
                throw malformed(offset + dirent, "nid of a directory or its parent", nid, wanted);
            }
            return 1;
        }
        int number = number(directory, nid, offset + dirent, found);
        if (block[dirent + 10] != Format.direntType(builder.type(number))) {
            throw malformed(offset + dirent + 10, "file type", block[dirent + 10], builder.type(number));
        }
        builder.put(directory.number(), block, from, to, number);
        return 0;
    }

    /** The builder's number of an inode, which is read if nobody named it before. */
    private int number(Directory directory, long nid, long offset, List<Directory> found) throws IOException {
        if (nid < Format.ROOT_NID || nid > Integer.MAX_VALUE) {
            throw malformed(offset, "nid", nid, Format.ROOT_NID + " to " + Integer.MAX_VALUE);
        }
        if (nid <= nids[count - 1]) {
            int known = Arrays.binarySearch(nids, 0, count, (int) nid);
            if (known < 0 || builder.type(known) == FileType.DIRECTORY) {
                throw malformed(offset, "nid", nid, "that of a file, or a greater one than " + nids[count - 1]);
            }
            return known;
        }
        InodeReader.Found next = inodes.read(nidBase + (nid << Format.NID_BITS));
        if (count == nids.length) {
            nids = Arrays.copyOf(nids, Math.addExact(count, count >> 1));
        }
        nids[count++] = (int) nid;
        int number = builder.add(next.inode(), next.layer());
        if (next.inode().type() == FileType.DIRECTORY) {
            found.add(new Directory(number, directory.number(), next.content()));
        }
        return number;
    }

    private void checkName(long offset, int from, int to, int length) {
        boolean within = from < to && to <= length && to - from <= Format.MAX_NAME;
        for (int i = from; within && i < to; i++) {
            within = block[i] != 0 && block[i] != '/';
        }
        if (!within) {
            throw malformed(offset, "name", "bytes " + from + " to " + to, "1 to 255 within " + length);
        }
    }

    private int endOfName(int from, int length) {
        int to = from;
        while (to < length && block[to] != 0) {
            to++;
        }
        return to;
    }

    private int u16(int at) {
        return dirents.getShort(at) & 0xFFFF;
    }
}
