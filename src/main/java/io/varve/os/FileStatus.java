package io.varve.os;

/**
 * What {@code statx} says of a file.
 *
 * @param mode type and permission bits, as in {@code st_mode}
 * @param uid unsigned 32 bits; {@code gid} likewise
 * @param mtime seconds since 1970; {@code nanos} counts up from it
 * @param inode its number, on its device
 * @param device the filesystem's, {@code major:minor}, as the mount table writes it
 * @param mountId of the mount it was reached through, as in the mount table
 */
public record FileStatus(
        int mode,
        int uid,
        int gid,
        long links,
        long size,
        long mtime,
        int nanos,
        long inode,
        String device,
        long mountId) {

    private static final int TYPE_BITS = 0170000;
    private static final int DIRECTORY = 0040000;
    private static final int REGULAR = 0100000;

    public boolean isDirectory() {
        return (mode & TYPE_BITS) == DIRECTORY;
    }

    public boolean isRegular() {
        return (mode & TYPE_BITS) == REGULAR;
    }

    /** Permission bits with setuid, setgid and sticky. */
    public int permissions() {
        return mode & 07777;
    }
}
