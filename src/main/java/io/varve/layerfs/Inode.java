package io.varve.layerfs;

import java.util.List;

/**
 * What a file is, apart from its names.
 *
 * @param mode permission bits with setuid, setgid and sticky: {@code 07777}, no type bits
 * @param uid the owner, an unsigned 32-bit number; {@code gid} likewise
 * @param mtime seconds since 1970, negative before; {@code nanos} counts up from it, 0 to 999,999,999
 * @param size bytes of a regular file as a reader sees it, holes included; 0 for everything else
 * @param major device number of a character or block device, else 0; {@code minor} likewise
 * @param target what a symlink says, bytes kept verbatim; empty for everything else
 * @param xattrs sorted by name, no name twice
 * @param extents where a regular file's bytes stand in its layer's tar: ascending, not overlapping triples of offset in
 *     the file, length, offset in the tar, all in bytes. What no extent covers is a hole
 */
public record Inode(
        FileType type,
        int mode,
        int uid,
        int gid,
        long mtime,
        int nanos,
        long size,
        int major,
        int minor,
        byte[] target,
        List<Xattr> xattrs,
        long[] extents) {

    static final byte[] NO_TARGET = {};
    static final long[] NO_EXTENTS = {};

    /** A directory that no entry describes: mode 0755, owner 0:0, time 0. */
    public static final Inode IMPLIED_DIRECTORY = directory(0755, 0, 0, 0, 0, List.of());

    public static Inode directory(int mode, int uid, int gid, long mtime, int nanos, List<Xattr> xattrs) {
        return new Inode(FileType.DIRECTORY, mode, uid, gid, mtime, nanos, 0, 0, 0, NO_TARGET, xattrs, NO_EXTENTS);
    }
}
