package io.varve.layerfs;

import static io.varve.layerfs.ChangesFormat.*;

import io.varve.failure.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decodes a file of changes, front to back, through one small buffer. A length is checked against what is left of the
 * file before memory is taken for it. Owned by one thread.
 */
final class ChangesReader {
    private static final int BUFFER_BYTES = 64 * 1024;

    private final FileChannel in;
    private final long end;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).flip();
    private long read;

    private byte[] lastPath = {};
    private long lastOffset;
    private int lastUid;
    private int lastGid;
    private long lastMtime;
    private int lastNanos;

    /** @param end where the trailer begins */
    ChangesReader(FileChannel in, long end) throws IOException {
        this.in = in;
        this.end = end;
        raw(HEADER_BYTES);
    }

    /** The next change, or null after the last. */
    @Nullable
    Change next() throws IOException {
        int tag = octet();
        if (tag == END) {
            if (left() != 0) {
                throw Failure.invalid("got " + left() + " bytes after the end mark, wanted none");
            }
            return null;
        }
        lastOffset += number() * TAR_BLOCK;
        byte[] path = path();
        return switch (tag & KIND) {
            case WHITEOUT -> new Change.Whiteout(path, lastOffset);
            case OPAQUE -> new Change.Opaque(path, lastOffset);
            case LINK -> new Change.Link(path, bytes(), lastOffset);
            default -> new Change.Put(path, inode(tag), lastOffset);
        };
    }

    private byte[] path() throws IOException {
        int shared = length(lastPath.length);
        int more = length(left());
        byte[] path = Arrays.copyOf(lastPath, shared + more);
        raw(path, shared, more);
        lastPath = path;
        return path;
    }

    private Inode inode(int tag) throws IOException {
        FileType type = type(tag & KIND);
        int mode = (int) number() & 07777;
        if ((tag & HAS_OWNER) != 0) {
            lastUid = (int) number();
            lastGid = (int) number();
        }
        if ((tag & HAS_TIME) != 0) {
            long zigzag = number();
            lastMtime += (zigzag >>> 1) ^ -(zigzag & 1);
            lastNanos = length(999_999_999);
        }
        List<Xattr> xattrs = (tag & HAS_XATTRS) != 0 ? xattrs() : List.of();
        long size = 0;
        int major = 0;
        int minor = 0;
        byte[] target = Inode.NO_TARGET;
        long[] extents = Inode.NO_EXTENTS;
        switch (type) {
            case REGULAR -> {
                size = number();
                extents = (tag & HAS_EXTENTS) != 0 ? extents() : oneExtent(size, number());
            }
            case SYMLINK -> target = bytes();
            case CHARACTER, BLOCK -> {
                major = (int) number();
                minor = (int) number();
            }
            case DIRECTORY, FIFO -> {}
        }
        return new Inode(
                type, mode, lastUid, lastGid, lastMtime, lastNanos, size, major, minor, target, xattrs, extents);
    }

    private long[] oneExtent(long size, long blocks) {
        return size == 0 ? Inode.NO_EXTENTS : new long[] {0, size, lastOffset + blocks * TAR_BLOCK};
    }

    private long[] extents() throws IOException {
        // An extent takes three bytes at the least.
        int count = length(left() / 3);
        long[] triples = new long[3 * count];
        long position = 0;
        for (int i = 0; i < triples.length; i += 3) {
            triples[i] = position + number();
            triples[i + 1] = number();
            triples[i + 2] = lastOffset + number();
            position = triples[i] + triples[i + 1];
        }
        return triples;
    }

    private List<Xattr> xattrs() throws IOException {
        Xattr[] xattrs = new Xattr[length(left() / 2)];
        for (int i = 0; i < xattrs.length; i++) {
            xattrs[i] = new Xattr(bytes(), bytes());
        }
        return List.of(xattrs);
    }

    private static FileType type(int kind) {
        return switch (kind) {
            case REGULAR -> FileType.REGULAR;
            case DIRECTORY -> FileType.DIRECTORY;
            case SYMLINK -> FileType.SYMLINK;
            case CHARACTER -> FileType.CHARACTER;
            case BLOCK -> FileType.BLOCK;
            case FIFO -> FileType.FIFO;
            default -> throw Failure.invalid("kind of change: got " + kind);
        };
    }

    private byte[] bytes() throws IOException {
        return raw(length(left()));
    }

    private byte[] raw(int length) throws IOException {
        byte[] bytes = new byte[length];
        raw(bytes, 0, length);
        return bytes;
    }

    private void raw(byte[] into, int from, int length) throws IOException {
        int done = 0;
        while (done < length) {
            if (!buffer.hasRemaining()) {
                fill();
            }
            int piece = Math.min(length - done, buffer.remaining());
            buffer.get(into, from + done, piece);
            done += piece;
        }
    }

    private int length(long limit) throws IOException {
        long length = number();
        if (length < 0 || length > limit || length > Integer.MAX_VALUE - 8) {
            throw Failure.invalid(
                    "a length at byte " + (read - buffer.remaining()) + ": got " + length + ", at most " + limit);
        }
        return (int) length;
    }

    private long number() throws IOException {
        long value = 0;
        for (int shift = 0; shift < 64; shift += 7) {
            int octet = octet();
            value |= (long) (octet & 0x7f) << shift;
            if (octet < 0x80) {
                return value;
            }
        }
        throw Failure.invalid("a number at byte " + (read - buffer.remaining()) + " has no end");
    }

    private int octet() throws IOException {
        if (!buffer.hasRemaining()) {
            fill();
        }
        return buffer.get() & 0xff;
    }

    private long left() {
        return end - read + buffer.remaining();
    }

    private void fill() throws IOException {
        buffer.clear().limit((int) Math.min(BUFFER_BYTES, end - read));
        if (!buffer.hasRemaining() || in.read(buffer, read) < 0) {
            throw Failure.invalid("the changes end without their end mark");
        }
        buffer.flip();
        read += buffer.remaining();
    }
}
