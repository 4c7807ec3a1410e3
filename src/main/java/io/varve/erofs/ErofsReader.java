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
    private final Dirents dirents = new Dirents();
    // By number in the builder, ascending.
    private int[] nids = new int[1024];
    private int count;

    /** A directory whose names have not been read: where its blocks stand, and its last, partial one. */
    private record Directory(int number, int parent, InodeFields.Content content) {}

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
     * The tree that the index was written from, with neighbouring runs of a file joined and without the xattrs that EROFS cannot
     * express. Blocks on the disk.
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
            return new ErofsReader(index, SuperBlock.read(index, layers), layers, limits).tree();
        } catch (Failure failure) {
            throw failure.during("read EROFS index");
        }
    }

    /** Whether {@link #read} gives back the tree with all of its xattrs, as far as the index says. */
    static boolean hasAllXattrs(FileChannel index) throws IOException {
        return saidOfXattrs(index) == Format.XATTRS_ALL;
    }

    /**
     * How many bytes at the start of an index say nothing, as it was written before they meant anything; whoever compares it with one that
     * is written now leaves them out.
     */
    public static int unsaidBytes(FileChannel index) throws IOException {
        return saidOfXattrs(index) == Format.XATTRS_UNSAID ? Format.XATTRS_OFFSET + 1 : 0;
    }

    /** What is no index says that all are there, and is refused when it is read. */
    private static byte saidOfXattrs(FileChannel index) throws IOException {
        ByteBuffer said = ByteBuffer.allocate(1);
        return index.read(said, Format.XATTRS_OFFSET) == 1 ? said.get(0) : Format.XATTRS_ALL;
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
        InodeFields.Content place = directory.content();
        for (long at = 0; at < place.size(); at += BLOCK) {
            dirents.load(content, place.offset(at), (int) Math.min(BLOCK, place.size() - at));
            for (int i = 0; i < dirents.count(); i++) {
                dirents.select(i);
                if (dirents.compareTo(last, 0, lastLength) <= 0) {
                    throw malformed(dirents.place(), "name", "one out of order", "ascending ones");
                }
                lastLength = dirents.nameLength();
                dirents.copyName(last);
                dots += entry(directory, found);
            }
        }
        if (dots != 2) {
            throw malformed(place.offset(0), "names of a directory for itself and its parent", dots, 2);
        }
    }

    /** Puts a name into its directory; 1 if it is {@code .} or {@code ..}, which are not put anywhere. */
    private int entry(Directory directory, List<Directory> found) throws IOException {
        long nid = dirents.nid();
        if (dirents.isDot() || dirents.isDots()) {
            int wanted = nids[dirents.isDot() ? directory.number() : directory.parent()];
            if (nid != wanted || dirents.type() != Format.direntType(FileType.DIRECTORY)) {
                throw malformed(dirents.place(), "nid of a directory or its parent", nid, wanted);
            }
            return 1;
        }
        int number = number(directory, nid, dirents.place(), found);
        if (dirents.type() != Format.direntType(builder.type(number))) {
            throw malformed(dirents.place() + 10, "file type", dirents.type(), builder.type(number));
        }
        builder.put(directory.number(), dirents.bytes(), dirents.from(), dirents.to(), number);
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
}
