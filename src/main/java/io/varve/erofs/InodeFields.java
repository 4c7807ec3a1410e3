package io.varve.erofs;

import static io.varve.erofs.Format.BLOCK;
import static io.varve.erofs.Format.malformed;

import io.varve.layerfs.FileType;
import java.io.IOException;

/**
 * What stands in the 64 bytes of an inode, which are laid out as {@link ErofsWriter} says.
 *
 * @param at where it stands
 * @param union where its blocks are, which device it is, or what its chunks are like
 * @param xattrBytes how many of them follow
 */
record InodeFields(
        long at,
        FileType type,
        int layout,
        int mode,
        long size,
        int union,
        int uid,
        int gid,
        long mtime,
        int nanos,
        int links,
        int xattrBytes) {
    private static final FileType[] TYPES = FileType.values();
    private static final int TYPE_BITS = 0170000;

    /**
     * Where the bytes of a directory or symlink stand.
     *
     * @param start of its blocks
     * @param inline whether the last of them stands at {@code tail}
     */
    record Content(long size, long start, boolean inline, long tail) {
        /** How many blocks it has but one that is inline. */
        long blocks() {
            return size == 0 ? 0 : Format.blocks(size) - (inline ? 1 : 0);
        }

        /** Where the block stands that begins with a byte of it. */
        long offset(long byteOf) {
            return inline && byteOf == ((size - 1) & -BLOCK) ? tail : start + byteOf;
        }
    }

    /**
     * Where the chunks of a regular file are told of, each with 8 bytes.
     *
     * @param at where the first of them stands
     * @param bits of the number of blocks that a chunk has
     */
    record ChunkTable(long at, int bits, long count) {
        long index(long chunk) {
            return at + chunk * Format.CHUNK_INDEX_BYTES;
        }

        /** Where in the file a chunk begins. */
        long offset(long chunk) {
            return (chunk << bits) * BLOCK;
        }

        long end() {
            return index(count);
        }
    }

    /** @throws io.varve.failure.Failure Invalid when it is none of an index */
    static InodeFields read(IndexInput in, long at) throws IOException {
        int format = in.u16(at);
        int layout = format >> 1;
        if ((format & Format.EXTENDED) == 0
                || !(layout == Format.FLAT_PLAIN || layout == Format.FLAT_INLINE || layout == Format.CHUNK_BASED)) {
            throw malformed(at, "format of an inode", format, "an extended one");
        }
        int mode = in.u16(at + 4);
        return new InodeFields(
                        at,
                        type(at, mode),
                        layout,
                        mode & 07777,
                        in.i64(at + 8),
                        in.i32(at + 16),
                        in.i32(at + 24),
                        in.i32(at + 28),
                        in.i64(at + 32),
                        nanos(at, in.u32(at + 40)),
                        in.i32(at + 44),
                        XattrBody.length(in.u16(at + 2)))
                .checked();
    }

    private static FileType type(long at, int mode) {
        for (FileType type : TYPES) {
            if ((mode & TYPE_BITS) == type.bits()) {
                return type;
            }
        }
        throw malformed(at + 4, "mode", "0" + Integer.toOctalString(mode), "a known type");
    }

    private static int nanos(long at, long nanos) {
        if (nanos > 999_999_999) {
            throw malformed(at + 40, "nanoseconds", nanos, "at most 999999999");
        }
        return (int) nanos;
    }

    /** Whether layout and size suit the type. */
    private InodeFields checked() {
        long most = type == FileType.SYMLINK ? Format.MAX_TARGET : isFlat() || isChunked() ? size : 0;
        long least = isFlat() || isChunked() ? 1 : 0;
        if (size < least || size > most) {
            throw malformed(at + 8, "size of a " + type + " of layout " + layout, size, least + " to " + most);
        }
        boolean suits = layout == Format.FLAT_PLAIN
                || (isFlat() ? layout == Format.FLAT_INLINE : type == FileType.REGULAR && isChunked());
        if (!suits) {
            throw malformed(at, "layout of a " + type, layout, "another");
        }
        return this;
    }

    private boolean isFlat() {
        return type == FileType.DIRECTORY || type == FileType.SYMLINK;
    }

    boolean isChunked() {
        return layout == Format.CHUNK_BASED;
    }

    private boolean isDevice() {
        return type == FileType.CHARACTER || type == FileType.BLOCK;
    }

    int major() {
        return isDevice() ? Format.major(union) : 0;
    }

    int minor() {
        return isDevice() ? Format.minor(union) : 0;
    }

    long xattrs() {
        return at + Format.INODE_BYTES;
    }

    /** What stands behind the xattrs. */
    long body() {
        return xattrs() + xattrBytes;
    }

    /** Where its bytes are, which may be said to be anywhere; of what is no directory and no symlink there are none. */
    Content content() {
        boolean inline = layout == Format.FLAT_INLINE;
        if (!isFlat() || size == 0) {
            return new Content(0, 0, inline, body());
        }
        boolean blocks = Format.blocks(size) > (inline ? 1 : 0);
        return new Content(size, blocks ? Integer.toUnsignedLong(union) * BLOCK : 0, inline, body());
    }

    /** @throws io.varve.failure.Failure Invalid when the index has no room for so many */
    ChunkTable chunks(SuperBlock superBlock) {
        if ((union & ~Format.MAX_CHUNK_BITS) != Format.CHUNK_FORMAT_INDEXES) {
            throw malformed(at + 16, "chunk format", union, "indexes");
        }
        int bits = union & Format.MAX_CHUNK_BITS;
        long count = ((Format.blocks(size) - 1) >> bits) + 1;
        if (count > superBlock.blocks() * BLOCK / Format.CHUNK_INDEX_BYTES) {
            throw malformed(at + 8, "chunks", count, "as many as there is room for");
        }
        return new ChunkTable(Format.align(body(), 8), bits, count);
    }
}
