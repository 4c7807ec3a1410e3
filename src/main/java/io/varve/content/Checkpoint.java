package io.varve.content;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.varve.failure.Failure;
import io.varve.oci.Digest;
import io.varve.os.Failpoint;
import io.varve.os.Staging;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Objects;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * How far an ingest has come, in a file beside its data. The bytes before the position were on the disk before this was.
 *
 * <pre>
 *   int     magic "vrvi"
 *   int     version
 *   short   length of the digest, and its text
 *   long    bytes of the blob
 *   long    position: so many of them are in the data
 *   int     CRC-32C of the last of those bytes, at most 64 KiB
 *   short   length of the hash's state, and that; 0 where it could not be had
 *   int     CRC-32C of all of the above
 * </pre>
 *
 * <p>Numbers are big-endian. What is damaged in any way, or of another version, is as good as none.
 */
record Checkpoint(Digest digest, long size, long position, int tail, byte[] hash) {
    static final String STATE = "state";
    private static final String NEXT = "state.new";

    private static final int MAGIC = 0x76727669;
    private static final int VERSION = 1;
    private static final int MAX_BYTES = 1024;
    private static final int TAIL = 64 << 10;

    /**
     * Makes sure of the data and then replaces the checkpoint before this one: at any moment there is one of the two, whole.
     *
     * @param first of its directory, whose own name is not on the disk yet
     * @param staging of the store, which knows whether the disk is waited for
     */
    void write(Path directory, Path data, boolean first, Staging staging) throws IOException {
        staging.sync(data);
        if (first) {
            staging.sync(Objects.requireNonNull(directory.getParent()));
        }
        Failpoint.reach("ingest.synced");
        Path next = directory.resolve(NEXT);
        try (RawFile file = RawFile.open(next)) {
            ByteBuffer bytes = encode();
            file.truncate(0);
            file.write(bytes, 0);
            Failpoint.reach("ingest.noted");
        }
        staging.sync(next);
        Failpoint.reach("ingest.checkpointed");
        Files.move(next, directory.resolve(STATE), StandardCopyOption.ATOMIC_MOVE);
        Failpoint.reach("ingest.renamed");
        staging.sync(directory);
    }

    /** The one in this directory, if it is whole. */
    static @Nullable Checkpoint read(Path directory) throws IOException {
        Path state = directory.resolve(STATE);
        if (!Files.isRegularFile(state, LinkOption.NOFOLLOW_LINKS)) {
            return null;
        }
        try (RawFile file = RawFile.open(state)) {
            return decode(file.read(0, MAX_BYTES));
        }
    }

    /** Whether this data has the bytes that this speaks of, as far as that can be told without reading all of them. */
    boolean describes(RawFile data) throws IOException {
        return data.size() >= position && tail(data, position) == tail;
    }

    /** Of the last bytes before the position: those that a disk that lied about its cache is most likely to lack. */
    static int tail(RawFile data, long position) throws IOException {
        int length = (int) Math.min(TAIL, position);
        return checksum(ByteBuffer.wrap(data.read(position - length, length)));
    }

    ByteBuffer encode() {
        byte[] name = digest.toString().getBytes(US_ASCII);
        ByteBuffer bytes = ByteBuffer.allocate(MAX_BYTES)
                .putInt(MAGIC)
                .putInt(VERSION)
                .putShort((short) name.length)
                .put(name)
                .putLong(size)
                .putLong(position)
                .putInt(tail)
                .putShort((short) hash.length)
                .put(hash);
        return bytes.putInt(checksum(bytes.duplicate().flip())).flip();
    }

    static @Nullable Checkpoint decode(byte[] file) {
        ByteBuffer bytes = ByteBuffer.wrap(file);
        int end = file.length - Integer.BYTES;
        if (end < 0 || checksum(bytes.slice(0, end)) != bytes.getInt(end)) {
            return null;
        }
        try {
            bytes.limit(end);
            if (bytes.getInt() != MAGIC || bytes.getInt() != VERSION) {
                return null;
            }
            Digest digest = Digest.parse(new String(next(bytes), US_ASCII));
            Checkpoint read = new Checkpoint(digest, bytes.getLong(), bytes.getLong(), bytes.getInt(), next(bytes));
            return read.position < 0 || read.position > read.size || bytes.hasRemaining() ? null : read;
        } catch (BufferUnderflowException | Failure e) {
            return null;
        }
    }

    private static byte[] next(ByteBuffer bytes) {
        int length = Short.toUnsignedInt(bytes.getShort());
        if (length > bytes.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] next = new byte[length];
        bytes.get(next);
        return next;
    }

    private static int checksum(ByteBuffer bytes) {
        CRC32C checksum = new CRC32C();
        checksum.update(bytes);
        return (int) checksum.getValue();
    }
}
