package io.varve.content;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.hash.HashState;
import io.varve.hash.RunningHash;
import io.varve.oci.Digest;
import io.varve.os.Errno;
import io.varve.os.OsException;
import io.varve.os.Staging;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where an ingest begins: its data, as long as the position, and the hash of all of that. */
record Progress(RawFile data, RunningHash hash, long position) {
    private static final int PIECE = 256 << 10;

    /** Reasons not to open a file that say nothing of the file. */
    private static final Set<Errno> SHORTAGE = EnumSet.of(Errno.EMFILE, Errno.ENFILE, Errno.ENOMEM, Errno.EINTR);

    /** Nothing so far, in a directory that is new and empty. */
    static Progress none(Path directory, Digest digest, @Nullable HashState states) throws IOException {
        try {
            RawFile data = RawFile.open(directory.resolve(Ingest.DATA));
            return new Progress(data, RunningHash.begin(digest.algorithm(), states), 0);
        } catch (IOException e) {
            // A disk with no room for another file is not to keep what there was room for.
            Staging.delete(directory);
            throw e;
        }
    }

    /**
     * What an interrupted ingest has left in this directory; when that is nothing, or not to be believed, then none, and the
     * directory is empty.
     *
     * @throws Failure Cancelled when the thread was interrupted; then everything stays
     */
    static Progress resume(Path directory, Digest digest, long size, @Nullable HashState states) throws IOException {
        try {
            Progress found = find(directory, digest, size, states);
            if (found != null) {
                return found;
            }
        } catch (IOException e) {
            // What cannot be read is not worth more than what is damaged: it can be downloaded again.
            if (e instanceof OsException refused && SHORTAGE.contains(refused.errno())) {
                throw e;
            }
        }
        Staging.delete(directory);
        Files.createDirectory(directory);
        return none(directory, digest, states);
    }

    private static @Nullable Progress find(Path directory, Digest digest, long size, @Nullable HashState states)
            throws IOException {
        Checkpoint checkpoint = Checkpoint.read(directory);
        Path path = directory.resolve(Ingest.DATA);
        if (checkpoint == null
                || !checkpoint.digest().equals(digest)
                || checkpoint.size() != size
                || !Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
            return null;
        }
        RawFile data = RawFile.open(path);
        boolean taken = false;
        try {
            if (checkpoint.describes(data)) {
                long position = checkpoint.position();
                RunningHash hash = RunningHash.restore(digest.algorithm(), states, checkpoint.hash(), position);
                data.truncate(position);
                Progress found = new Progress(
                        data, hash == null ? again(data, position, digest.algorithm(), states) : hash, position);
                taken = true;
                return found;
            }
            return null;
        } finally {
            if (!taken) {
                data.close();
            }
        }
    }

    /** The hash of the data, where the one that was running cannot be had. */
    private static RunningHash again(RawFile data, long length, Digest.Algorithm algorithm, @Nullable HashState states)
            throws IOException {
        RunningHash hash = RunningHash.begin(algorithm, states);
        for (long at = 0; at < length; at += PIECE) {
            if (Thread.currentThread().isInterrupted()) {
                throw Failure.of(Category.CANCELLED, "interrupted");
            }
            hash.update(ByteBuffer.wrap(data.read(at, (int) Math.min(PIECE, length - at))));
        }
        return hash;
    }
}
