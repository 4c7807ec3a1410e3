package io.varve.erofs;

import static io.varve.erofs.Format.BLOCK;
import static io.varve.erofs.Format.DIRENT_BYTES;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.layerfs.FileType;
import io.varve.layerfs.Tree;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * A directory's names, packed into blocks in bytewise order, {@code .} and {@code ..} among them.
 *
 * <pre>
 *   block:   nid u64 · nameoff u16 · file_type u8 · reserved u8, for each name; then the names; zeros
 *            nameoff of the first, divided by 12, is how many there are
 * </pre>
 *
 * <p>A <i>slot</i> is the place of a name in that order. One object serves directory after directory: {@link #load}, then
 * the others.
 */
final class DirectoryBlocks {
    private static final byte[] DOT = {'.'};
    private static final byte[] DOTS = {'.', '.'};

    private final Tree tree;
    private final byte[] name = new byte[Format.MAX_NAME];
    private int directory;
    private int slots;
    private int dot;
    private int dots;
    private int fullBlocks;
    private int tailSlot;
    private int tailBytes;

    DirectoryBlocks(Tree tree) {
        this.tree = tree;
    }

    void load(int inode) {
        directory = inode;
        slots = tree.endEntry(inode) - tree.firstEntry(inode) + 2;
        for (int e = tree.firstEntry(inode); e < tree.endEntry(inode); e++) {
            if (tree.nameLength(e) > Format.MAX_NAME) {
                throw Failure.of(
                        Category.EXCEEDED,
                        "name of a file: got " + tree.nameLength(e) + " bytes, at most " + Format.MAX_NAME);
            }
        }
        dot = namesBefore(DOT);
        dots = namesBefore(DOTS) + 1;
        fullBlocks = 0;
        tailSlot = 0;
        for (int to = endOfBlock(0); to < slots; to = endOfBlock(to)) {
            fullBlocks++;
            tailSlot = to;
        }
        tailBytes = 0;
        for (int slot = tailSlot; slot < slots; slot++) {
            tailBytes += DIRENT_BYTES + length(slot);
        }
    }

    /** Blocks before the last. */
    int fullBlocks() {
        return fullBlocks;
    }

    /** Bytes of the last block that are in use, 1 to a whole block. */
    int tailBytes() {
        return tailBytes;
    }

    long size() {
        return (long) BLOCK * fullBlocks + tailBytes;
    }

    /** Writes all blocks but the last. */
    void writeFullBlocks(IndexPlan plan, IndexOutput out) throws IOException {
        int slot = 0;
        for (int i = 0; i < fullBlocks; i++) {
            int to = endOfBlock(slot);
            out.zeros(BLOCK - write(slot, to, plan, out));
            slot = to;
        }
    }

    /** Writes the last block, as far as it is in use. */
    void writeTail(IndexPlan plan, IndexOutput out) throws IOException {
        write(tailSlot, slots, plan, out);
    }

    private int write(int from, int to, IndexPlan plan, IndexOutput out) throws IOException {
        ByteBuffer block = out.room(BLOCK);
        int begin = block.position();
        int names = DIRENT_BYTES * (to - from);
        for (int slot = from; slot < to; slot++) {
            int inode = inode(slot);
            FileType type = tree.type(inode);
            block.putLong(plan.nid(inode))
                    .putShort((short) names)
                    .put((byte) Format.direntType(type))
                    .put((byte) 0);
            names += length(slot);
        }
        for (int slot = from; slot < to; slot++) {
            if (slot == dot || slot == dots) {
                block.put(DOTS, 0, slot == dot ? 1 : 2);
            } else {
                int entry = entry(slot);
                tree.copyName(entry, name, 0);
                block.put(name, 0, tree.nameLength(entry));
            }
        }
        return block.position() - begin;
    }

    private int endOfBlock(int slot) {
        int used = 0;
        int to = slot;
        while (to < slots) {
            used += DIRENT_BYTES + length(to);
            if (used > BLOCK) {
                break;
            }
            to++;
        }
        return to;
    }

    private int length(int slot) {
        return slot == dot ? 1 : slot == dots ? 2 : tree.nameLength(entry(slot));
    }

    private int inode(int slot) {
        return slot == dot ? directory : slot == dots ? tree.parent(directory) : tree.inode(entry(slot));
    }

    private int entry(int slot) {
        return tree.firstEntry(directory) + slot - (slot > dot ? 1 : 0) - (slot > dots ? 1 : 0);
    }

    private int namesBefore(byte[] bound) {
        int low = tree.firstEntry(directory);
        int high = tree.endEntry(directory);
        while (low < high) {
            int middle = (low + high) >>> 1;
            tree.copyName(middle, name, 0);
            if (Arrays.compareUnsigned(name, 0, tree.nameLength(middle), bound, 0, bound.length) < 0) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low - tree.firstEntry(directory);
    }
}
