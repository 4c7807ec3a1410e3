package io.varve.erofs;

import io.varve.failure.Failure;
import io.varve.layerfs.FileType;

/**
 * The on-disk format, as far as an index uses it (Linux, Documentation/filesystems/erofs.rst and fs/erofs/erofs_fs.h).
 * All integers are little-endian.
 *
 * <pre>
 *      0  one byte, which no kernel looks at: what became of the tree's xattrs; then zeros
 *   1024  superblock, 128 bytes
 *   1152  device table, a slot of 128 bytes for each layer's tar
 *      …  inodes, from a block boundary on, in the order of the tree's numbering, each at a multiple of 32:
 *             64 bytes, xattrs, then
 *               directory, symlink: its last, partial block, if all this stands within one block
 *               regular file: from a multiple of 8 on, 8 bytes for each chunk
 *      …  blocks that inodes point to, in the order of the inodes: directories, symlinks, copied chunks
 *      …  appendix, behind what the superblock counts as the filesystem and unknown to the kernel: see {@link Appendix}
 * </pre>
 */
final class Format {
    static final int BLOCK_BITS = 9;
    static final int BLOCK = 1 << BLOCK_BITS;

    static final int XATTRS_OFFSET = 0;
    /** Of an index that was written before indexes said it. */
    static final byte XATTRS_UNSAID = 0;

    static final byte XATTRS_ALL = 1;
    /** Some are left out, since EROFS has no way to express them. */
    static final byte XATTRS_SOME = 2;

    static final int SUPER_OFFSET = 1024;
    static final int DEVICES_OFFSET = 1152;
    static final int DEVICE_SLOT = 128;
    static final int MAX_DEVICES = 0xFFFF;

    static final int NID_BITS = 5;
    static final int INODE_BYTES = 64;
    static final int EXTENDED = 1;
    static final int FLAT_PLAIN = 0;
    static final int FLAT_INLINE = 2;
    static final int CHUNK_BASED = 4;

    static final int CHUNK_INDEX_BYTES = 8;
    static final int CHUNK_FORMAT_INDEXES = 0x20;
    static final int MAX_CHUNK_BITS = 0x1F;
    static final int HOLE = 0xFFFFFFFF;

    static final int DIRENT_BYTES = 12;
    static final int MAX_NAME = 255;
    /** The kernel keeps a target and its terminator in one page. */
    static final int MAX_TARGET = 4095;

    static final int MAX_MAJOR = 0xFFF;
    static final int MAX_MINOR = 0xFFFFF;

    private Format() {}

    /** How many blocks hold so many bytes. */
    static long blocks(long bytes) {
        return bytes == 0 ? 0 : ((bytes - 1) >> BLOCK_BITS) + 1;
    }

    static long align(long position, int to) {
        return (position + to - 1) & -to;
    }

    static int inBlock(long position) {
        return (int) position & (BLOCK - 1);
    }

    /** Where the inodes begin, behind the device table. */
    static long inodesOffset(int devices) {
        return align(DEVICES_OFFSET + (long) DEVICE_SLOT * devices, BLOCK);
    }

    /**
     * Where nid 0 would be: a block before the inodes, since a directory entry that leads to inode number 0 counts as
     * deleted for some readers. The root's nid is the same small number in every index.
     */
    static long nidBase(int devices) {
        return inodesOffset(devices) - BLOCK;
    }

    static final int ROOT_NID = BLOCK >> NID_BITS;

    static int direntType(FileType type) {
        return switch (type) {
            case REGULAR -> 1;
            case DIRECTORY -> 2;
            case CHARACTER -> 3;
            case BLOCK -> 4;
            case FIFO -> 5;
            case SYMLINK -> 7;
        };
    }

    /** The kernel's new_encode_dev: 12 bits of major between 8 low and 12 high bits of minor. */
    static int encodeDevice(int major, int minor) {
        return (minor & 0xFF) | (major << 8) | ((minor & ~0xFF) << 12);
    }

    static int major(int device) {
        return (device >>> 8) & MAX_MAJOR;
    }

    static int minor(int device) {
        return (device & 0xFF) | ((device >>> 12) & 0xFFF00);
    }

    static Failure malformed(long offset, String what, Object got, Object wanted) {
        return Failure.invalid("byte " + offset + ", " + what + ": got " + got + ", wanted " + wanted);
    }
}
