package io.varve.content;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.os.Errno;
import io.varve.os.Fd;
import io.varve.os.FilesAt;
import io.varve.os.OsException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;

/**
 * Room on the disk, taken before it is needed: what does not fit fails before its download, not in the middle of it. And what is said of
 * that whose size nobody knew, when there is none left.
 */
public final class Space {
    /** Below this a file is not worth the calls; a disk that is so full fails with the next one. */
    static final long WORTH = 1L << 20;

    private static final Set<Errno> FULL = EnumSet.of(Errno.ENOSPC, Errno.EDQUOT, Errno.EFBIG);
    private static final Set<Errno> UNABLE = EnumSet.of(Errno.EOPNOTSUPP, Errno.ENOSYS);
    private static final String[] UNITS = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};

    private Space() {}

    /**
     * Allocates the first {@code size} bytes of a file.
     *
     * @param missing how many of them it does not have yet
     * @return false when the filesystem cannot allocate, or takes as long for it as for writing, as a tmpfs does, which fetches
     *     all that memory; then there was so much space a moment ago, and that is all
     * @throws Failure Unavailable when there is not so much
     */
    static boolean allocate(Fd file, long size, long missing, boolean grow, Path directory) throws OsException {
        // Asked before, because some filesystems find out by taking all there is, which others need meanwhile.
        long free = free(directory);
        if (free > 0 && missing > free) {
            throw failure(text(missing), directory, "too little");
        }
        try {
            if (FilesAt.isInMemory(file)) {
                return false;
            }
            FilesAt.allocate(file, size, grow);
            return true;
        } catch (OsException e) {
            if (UNABLE.contains(e.errno())) {
                return false;
            }
            if (isFull(e)) {
                throw failure(text(missing), directory, e.errno().meaning());
            }
            throw e;
        }
    }

    /**
     * What it means that the disk refused a write of a stream whose length nobody knows: on a full one the failure says
     * where, and what is free there.
     *
     * @param written bytes of the stream that had room
     */
    public static Failure refused(IOException e, long written, Path directory) {
        return refused(e, "more than " + text(written), directory);
    }

    /** The same for a file whose length is known, of which some bytes are missing. */
    static Failure refusedTheRest(IOException e, long missing, Path directory) {
        return refused(e, text(missing), directory);
    }

    private static Failure refused(IOException e, String wanted, Path directory) {
        return isFull(e) ? failure(wanted, directory, "the disk is full") : Failure.from(e);
    }

    private static boolean isFull(IOException e) {
        if (e instanceof OsException refused) {
            return FULL.contains(refused.errno());
        }
        // The JDK's channels tell no number, only the C library's words for it.
        String words = Objects.toString(e.getMessage(), "").toLowerCase(Locale.ROOT);
        return FULL.stream().anyMatch(errno -> words.endsWith(errno.meaning()));
    }

    private static Failure failure(String wanted, Path directory, String why) {
        return Failure.of(
                Category.UNAVAILABLE,
                "space for " + wanted + " in " + directory + ": " + why + ", " + text(free(directory)) + " free");
    }

    /** Bytes that this user may still write; 0 also when the system does not say. */
    private static long free(Path directory) {
        // One call of the system; the FileStore of a path reads the table of all mounts first.
        return directory.toFile().getUsableSpace();
    }

    private static String text(long bytes) {
        double value = bytes;
        int unit = 0;
        while (value >= 1000 && unit < UNITS.length - 1) {
            value /= 1000;
            unit++;
        }
        return unit == 0 ? bytes + " bytes" : String.format(Locale.ROOT, "%.1f %s", value, UNITS[unit]);
    }
}
