package io.varve.layerfs;

import static io.varve.layerfs.ChangesFormat.*;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/**
 * A layer's changes in a file: the entries of its tar in their order, read back without the tar (layout: {@link
 * ChangesFormat}).
 *
 * <p>Holds no file open between calls; safe for any thread.
 */
public final class Changes {
    private static final int BUFFER_BYTES = 64 * 1024;

    /** Of an entry in a tree that is being merged: the columns of its inode and its name, in tables that are half filled. An estimate. */
    private static final int ENTRY_BYTES = 256;

    private final Path file;
    private final long end;
    private final int count;
    private final int marks;
    private final long tarBytes;

    private Changes(Path file, long end, ByteBuffer trailer) {
        this.file = file;
        this.end = end;
        count = trailer.getInt();
        marks = trailer.getInt();
        tarBytes = trailer.getLong();
    }

    /**
     * Opens a file of changes and verifies its checksum.
     *
     * @throws Failure NotFound when there is none, Invalid when it is not one of changes or of another version, Mismatch
     *     when it is damaged
     */
    public static Changes open(Path file) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return verified(file, channel);
        } catch (NoSuchFileException e) {
            throw Failure.of(Category.NOT_FOUND, "there is no such file", e).during(doing(file));
        } catch (IOException e) {
            throw unreadable(file, e);
        } catch (Failure e) {
            throw e.during(doing(file));
        }
    }

    private static Changes verified(Path file, FileChannel channel) throws IOException {
        long end = channel.size() - TRAILER_BYTES;
        if (end <= HEADER_BYTES) {
            throw Failure.invalid("got " + channel.size() + " bytes, wanted a header and a trailer");
        }
        byte[] header = new byte[HEADER_BYTES];
        read(channel, 0, ByteBuffer.wrap(header));
        if (!Arrays.equals(header, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw Failure.invalid("these are not changes");
        }
        if (header[MAGIC.length] != VERSION) {
            throw Failure.invalid("version: got " + header[MAGIC.length] + ", wanted " + VERSION);
        }
        ByteBuffer trailer = ByteBuffer.allocate(TRAILER_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        read(channel, end, trailer);
        int wanted = trailer.getInt(TRAILER_BYTES - Integer.BYTES);
        int got = checksum(channel, end + TRAILER_BYTES - Integer.BYTES);
        if (got != wanted) {
            throw Failure.mismatch("checksum", Integer.toHexString(got), Integer.toHexString(wanted));
        }
        return new Changes(file, end, trailer);
    }

    /** How many changes there are. */
    public int count() {
        return count;
    }

    /** How many of them are whiteouts and opaque marks. */
    public int marks() {
        return marks;
    }

    /** Bytes of memory that they take in a tree, about: names and inodes, and values as they stand in the file. */
    long treeBytes() {
        return (long) ENTRY_BYTES * count + end;
    }

    /** The size of the tar that they are of. */
    public long tarBytes() {
        return tarBytes;
    }

    /** Reads all changes, in tar order. */
    public void forEach(Consumer<? super Change> action) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ChangesReader reader = new ChangesReader(channel, end);
            for (Change change = reader.next(); change != null; change = reader.next()) {
                action.accept(change);
            }
        } catch (IOException e) {
            throw unreadable(file, e);
        }
    }

    private static int checksum(FileChannel channel, long bytes) throws IOException {
        CRC32C checksum = new CRC32C();
        ByteBuffer buffer = ByteBuffer.allocate(BUFFER_BYTES);
        for (long at = 0; at < bytes; at += BUFFER_BYTES) {
            read(channel, at, buffer.clear().limit((int) Math.min(BUFFER_BYTES, bytes - at)));
            checksum.update(buffer);
        }
        return (int) checksum.getValue();
    }

    /** Fills what remains of an empty buffer, and flips it. */
    private static void read(FileChannel channel, long from, ByteBuffer into) throws IOException {
        while (into.hasRemaining()) {
            if (channel.read(into, from + into.position()) < 0) {
                throw Failure.invalid("the file ends at " + (from + into.position()));
            }
        }
        into.flip();
    }

    private static Failure unreadable(Path file, IOException cause) {
        return Failure.from(cause).during(doing(file));
    }

    private static String doing(Path file) {
        return "reading changes " + file;
    }
}
