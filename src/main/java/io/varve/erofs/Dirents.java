package io.varve.erofs;

import static io.varve.erofs.Format.BLOCK;
import static io.varve.erofs.Format.malformed;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** The names in one block of a directory, as {@link DirectoryBlocks} packs them. One object serves block after block, name after name. */
final class Dirents {
    private final byte[] block = new byte[BLOCK];
    private final ByteBuffer numbers = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
    private long offset;
    private int length;
    private int count;
    private int dirent;
    private int from;
    private int to;

    /**
     * Reads a block.
     *
     * @param at where it stands
     * @param bytes how many of them are in use
     */
    void load(IndexInput in, long at, int bytes) throws IOException {
        in.bytes(at, block, bytes);
        int names = u16(8);
        if (names == 0 || names % Format.DIRENT_BYTES != 0 || names >= bytes) {
            throw malformed(at + 8, "offset of the first name", names, "a multiple of 12 below " + bytes);
        }
        offset = at;
        length = bytes;
        count = names / Format.DIRENT_BYTES;
    }

    int count() {
        return count;
    }

    /** Turns to a name of the block; what follows is said of it. */
    void select(int i) {
        dirent = i * Format.DIRENT_BYTES;
        from = u16(dirent + 8);
        to = i + 1 < count ? u16(dirent + Format.DIRENT_BYTES + 8) : endOfName(from);
        boolean within = from < to && to <= length && to - from <= Format.MAX_NAME;
        for (int at = from; within && at < to; at++) {
            within = block[at] != 0 && block[at] != '/';
        }
        if (!within) {
            throw malformed(place(), "name", "bytes " + from + " to " + to, "1 to 255 within " + length);
        }
    }

    /** Where it stands in the index. */
    long place() {
        return offset + dirent;
    }

    long nid() {
        return numbers.getLong(dirent);
    }

    /** As {@link Format#direntType} has it. */
    int type() {
        return block[dirent + 10];
    }

    int nameLength() {
        return to - from;
    }

    byte[] name() {
        return Arrays.copyOfRange(block, from, to);
    }

    void copyName(byte[] into) {
        System.arraycopy(block, from, into, 0, to - from);
    }

    /** How it compares with other bytes, in bytewise order. */
    int compareTo(byte[] other, int start, int end) {
        return Arrays.compareUnsigned(block, from, to, other, start, end);
    }

    boolean isDot() {
        return to - from == 1 && block[from] == '.';
    }

    boolean isDots() {
        return to - from == 2 && block[from] == '.' && block[from + 1] == '.';
    }

    /** The block itself, where the name is from {@link #from} on. */
    byte[] bytes() {
        return block;
    }

    int from() {
        return from;
    }

    int to() {
        return to;
    }

    private int endOfName(int start) {
        int end = start;
        while (end < length && block[end] != 0) {
            end++;
        }
        return end;
    }

    private int u16(int at) {
        return numbers.getShort(at) & 0xFFFF;
    }
}
