package io.varve.view;

import io.varve.failure.Failure;

/**
 * How the kernel reads the files that stand behind the mounts of images; of an image that is mounted already, nothing
 * changes. Loop devices are read as the kernel would have it.
 *
 * @param directIo whether it reads them past their own page cache
 * @param aheadBytes how far it reads ahead in a file of an image; 0 as the kernel would have it
 */
public record ReadOptions(DirectIo directIo, long aheadBytes) {
    /** From here on a file that is read from its start to its end comes as fast as from the filesystem beneath. */
    public static final ReadOptions DEFAULTS = new ReadOptions(DirectIo.AUTO, 512 << 10);

    private static final long MOST_AHEAD = 64 << 20;

    /**
     * Read directly, bytes are in memory once, as pages of the image, and come while others are waited for. Otherwise the
     * kernel copies them from the tars' pages, one piece after another; but those that a pull has just left there need
     * no disk.
     */
    public enum DirectIo {
        /** Unless more than half of an image is in the page cache when it is mounted. */
        AUTO,
        /** Wherever the kernel and the filesystem can. */
        ALWAYS,
        NEVER
    }

    public ReadOptions {
        if (aheadBytes > MOST_AHEAD) {
            throw Failure.invalid("views.readAheadBytes: got " + aheadBytes + ", wanted " + MOST_AHEAD + " or less");
        }
    }
}
