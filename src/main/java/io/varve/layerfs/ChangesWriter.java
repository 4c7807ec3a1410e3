package io.varve.layerfs;

import static io.varve.layerfs.ChangesFormat.*;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.WritableByteChannel;
import java.util.Arrays;
import java.util.List;
import java.util.zip.CRC32C;

/**
 * Writes a layer's changes as they come, in tar order. Not closed over anything: {@link #finish} ends the file, syncing
 * and closing the channel is the caller's. Owned by one thread.
 */
final class ChangesWriter {
    private static final int BUFFER_BYTES = 16 * 1024;

    private final WritableByteChannel out;
    // Given up when the file ends: many a layer waits long for the others of its image, and needs none of it any more.
    private ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    private final CRC32C checksum = new CRC32C();

    private int changes;
    private int marks;
    // What the change before said, for what is written as a difference.
    private byte[] lastPath = {};
    private long lastOffset;
    private int lastUid;
    private int lastGid;
    private long lastMtime;
    private int lastNanos;

    ChangesWriter(WritableByteChannel out) {
        this.out = out;
        buffer.put(MAGIC).put((byte) VERSION);
    }

    void write(Change change) throws IOException {
        changes++;
        switch (change) {
            case Change.Whiteout whiteout -> {
                marks++;
                head(WHITEOUT, whiteout);
            }
            case Change.Opaque opaque -> {
                marks++;
                head(OPAQUE, opaque);
            }
            case Change.Link link -> {
                head(LINK, link);
                bytes(link.target());
            }
            case Change.Put put -> put(put, put.inode());
        }
    }

    /** Ends the file, and the writing. {@code tarBytes} is the size of the tar that the changes are of. */
    void finish(long tarBytes) throws IOException {
        room(1 + TRAILER_BYTES);
        buffer.put((byte) END).putInt(changes).putInt(marks).putLong(tarBytes);
        flush();
        buffer.putInt((int) checksum.getValue());
        flush();
        buffer = ByteBuffer.allocate(0);
    }

    private void put(Change.Put put, Inode inode) throws IOException {
        boolean owner = inode.uid() != lastUid || inode.gid() != lastGid;
        boolean time = inode.mtime() != lastMtime || inode.nanos() != lastNanos;
        boolean xattrs = !inode.xattrs().isEmpty();
        boolean extents = inode.type() == FileType.REGULAR && !isPlain(inode, put.offset());
        head(
                kind(inode.type())
                        | (owner ? HAS_OWNER : 0)
                        | (time ? HAS_TIME : 0)
                        | (xattrs ? HAS_XATTRS : 0)
                        | (extents ? HAS_EXTENTS : 0),
                put);
        number(inode.mode());
        if (owner) {
            number(Integer.toUnsignedLong(inode.uid()));
            number(Integer.toUnsignedLong(inode.gid()));
            lastUid = inode.uid();
            lastGid = inode.gid();
        }
        if (time) {
            signed(inode.mtime() - lastMtime);
            number(inode.nanos());
            lastMtime = inode.mtime();
            lastNanos = inode.nanos();
        }
        if (xattrs) {
            xattrs(inode.xattrs());
        }
        body(inode, put.offset(), extents);
    }

    private void body(Inode inode, long offset, boolean extents) throws IOException {
        switch (inode.type()) {
            case REGULAR -> {
                number(inode.size());
                if (extents) {
                    extents(inode.extents(), offset);
                } else {
                    number(inode.size() == 0 ? 0 : (inode.extents()[2] - offset) / TAR_BLOCK);
                }
            }
            case SYMLINK -> bytes(inode.target());
            case CHARACTER, BLOCK -> {
                number(Integer.toUnsignedLong(inode.major()));
                number(Integer.toUnsignedLong(inode.minor()));
            }
            case DIRECTORY, FIFO -> {}
        }
    }

    private void xattrs(List<Xattr> xattrs) throws IOException {
        number(xattrs.size());
        for (Xattr xattr : xattrs) {
            bytes(xattr.name());
            bytes(xattr.value());
        }
    }

    private void extents(long[] triples, long offset) throws IOException {
        number(triples.length / 3);
        long end = 0;
        for (int i = 0; i < triples.length; i += 3) {
            number(triples[i] - end);
            number(triples[i + 1]);
            number(triples[i + 2] - offset);
            end = triples[i] + triples[i + 1];
        }
    }

    private void head(int tag, Change change) throws IOException {
        room(1);
        buffer.put((byte) tag);
        number((change.offset() - lastOffset) / TAR_BLOCK);
        lastOffset = change.offset();
        byte[] path = change.path();
        int difference = Arrays.mismatch(lastPath, path);
        int shared = difference < 0 ? path.length : difference;
        number(shared);
        number(path.length - shared);
        raw(path, shared, path.length - shared);
        lastPath = path;
    }

    /** Whether the file is empty, or one run of bytes on a block behind its headers: nearly every file is. */
    private static boolean isPlain(Inode inode, long offset) {
        long[] extents = inode.extents();
        return inode.size() == 0
                ? extents.length == 0
                : extents.length == 3
                        && extents[0] == 0
                        && extents[1] == inode.size()
                        && (extents[2] - offset) % TAR_BLOCK == 0;
    }

    private static int kind(FileType type) {
        return switch (type) {
            case REGULAR -> REGULAR;
            case DIRECTORY -> DIRECTORY;
            case SYMLINK -> SYMLINK;
            case CHARACTER -> CHARACTER;
            case BLOCK -> BLOCK;
            case FIFO -> FIFO;
        };
    }

    private void bytes(byte[] bytes) throws IOException {
        number(bytes.length);
        raw(bytes, 0, bytes.length);
    }

    private void raw(byte[] bytes, int from, int length) throws IOException {
        int written = 0;
        while (written < length) {
            room(1);
            int piece = Math.min(length - written, buffer.remaining());
            buffer.put(bytes, from + written, piece);
            written += piece;
        }
    }

    private void signed(long value) throws IOException {
        number((value << 1) ^ (value >> 63));
    }

    private void number(long value) throws IOException {
        room(10);
        long rest = value;
        while ((rest & ~0x7fL) != 0) {
            buffer.put((byte) ((rest & 0x7f) | 0x80));
            rest >>>= 7;
        }
        buffer.put((byte) rest);
    }

    private void room(int bytes) throws IOException {
        if (buffer.remaining() < bytes) {
            flush();
        }
    }

    private void flush() throws IOException {
        buffer.flip();
        checksum.update(buffer.duplicate());
        while (buffer.hasRemaining()) {
            out.write(buffer);
        }
        buffer.clear();
    }
}
