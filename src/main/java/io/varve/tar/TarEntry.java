package io.varve.tar;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.varve.failure.Failure;
import java.util.Arrays;
import java.util.List;

/**
 * One member as its headers describe it. Names are verbatim bytes; the arrays are shared and never written to.
 *
 * @param name as it stands in the tar, with a leading {@code ./} or a trailing slash if it has one
 * @param link what a symlink says, or the name of the entry a hardlink is another name of; empty for everything else
 * @param mode permission bits with setuid, setgid and sticky: {@code 07777}
 * @param uid the owner, 0 to 4,294,967,295; {@code gid} likewise
 * @param mtime seconds since 1970, negative before; {@code nanos} counts up from it, 0 to 999,999,999
 * @param size bytes of a regular file as a reader sees it, holes included; 0 for everything else
 * @param major device number of a character or block device, 0 to 4,095, else 0
 * @param minor device number of a character or block device, 0 to 1,048,575, else 0
 * @param xattrs sorted by name, no name twice
 * @param extents where a regular file's bytes stand in the tar: ascending triples of offset in the file, length, offset
 *     in the tar, all in bytes. What no extent covers is a hole
 * @param offset of the member's first header block in the tar, its extensions included
 */
public record TarEntry(
        TarType type,
        byte[] name,
        byte[] link,
        int mode,
        long uid,
        long gid,
        long mtime,
        int nanos,
        long size,
        int major,
        int minor,
        List<TarXattr> xattrs,
        long[] extents,
        long offset) {

    static final byte[] EMPTY = {};
    static final long[] NO_EXTENTS = {};

    private static final long ID_MAX = 0xFFFF_FFFFL;
    // Device numbers of Linux are 12 and 20 bits wide; no file can have others.
    private static final int MAJOR_MAX = 0xFFF;
    private static final int MINOR_MAX = 0xF_FFFF;
    private static final int SHOWN_BYTES = 255;

    /** @throws Failure Invalid, when a number is out of its range */
    public TarEntry {
        check("mode", mode, 0, 07777);
        check("uid", uid, 0, ID_MAX);
        check("gid", gid, 0, ID_MAX);
        // Symmetric, so that every time has a PAX record with a sign in front of digits.
        check("mtime", mtime, -Long.MAX_VALUE, Long.MAX_VALUE);
        check("nanoseconds", nanos, 0, 999_999_999);
        check("size", size, 0, type == TarType.REGULAR ? Long.MAX_VALUE : 0);
        check("device major number", major, 0, type.isDevice() ? MAJOR_MAX : 0);
        check("device minor number", minor, 0, type.isDevice() ? MINOR_MAX : 0);
        if (type.isLink() && link.length == 0) {
            throw Failure.invalid("link target: got none, wanted one");
        }
    }

    /**
     * A member to be written, of owner 0:0 and time 0, without attributes.
     *
     * @param link the target of a symlink or hardlink, empty for everything else
     */
    public static TarEntry of(TarType type, String name, String link, int mode) {
        return of(type, name.getBytes(UTF_8), link.getBytes(UTF_8), mode);
    }

    /** As {@link #of(TarType, String, String, int)}, of names that may be no text. */
    public static TarEntry of(TarType type, byte[] name, byte[] link, int mode) {
        return new TarEntry(type, name, link, mode, 0, 0, 0, 0, 0, 0, 0, List.of(), NO_EXTENTS, 0);
    }

    public TarEntry withOwner(long newUid, long newGid) {
        return new TarEntry(
                type, name, link, mode, newUid, newGid, mtime, nanos, size, major, minor, xattrs, extents, offset);
    }

    public TarEntry withTime(long newMtime, int newNanos) {
        return new TarEntry(
                type, name, link, mode, uid, gid, newMtime, newNanos, size, major, minor, xattrs, extents, offset);
    }

    public TarEntry withSize(long newSize) {
        return new TarEntry(
                type, name, link, mode, uid, gid, mtime, nanos, newSize, major, minor, xattrs, extents, offset);
    }

    public TarEntry withDevice(int newMajor, int newMinor) {
        return new TarEntry(
                type, name, link, mode, uid, gid, mtime, nanos, size, newMajor, newMinor, xattrs, extents, offset);
    }

    /** The list must be sorted by name and have no name twice. */
    public TarEntry withXattrs(List<TarXattr> newXattrs) {
        return new TarEntry(
                type, name, link, mode, uid, gid, mtime, nanos, size, major, minor, newXattrs, extents, offset);
    }

    TarEntry withExtents(long[] newExtents) {
        return new TarEntry(
                type, name, link, mode, uid, gid, mtime, nanos, size, major, minor, xattrs, newExtents, offset);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TarEntry e
                && type == e.type
                && Arrays.equals(name, e.name)
                && Arrays.equals(link, e.link)
                && mode == e.mode
                && uid == e.uid
                && gid == e.gid
                && mtime == e.mtime
                && nanos == e.nanos
                && size == e.size
                && major == e.major
                && minor == e.minor
                && xattrs.equals(e.xattrs)
                && Arrays.equals(extents, e.extents)
                && offset == e.offset;
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(name) + Long.hashCode(offset);
    }

    /** How failures speak of the entry: its name and the offset of its first header. */
    @Override
    public String toString() {
        return describe(name, offset);
    }

    /** An entry as messages have it: {@code entry "etc/motd" at offset 1024}; a long name is cut. */
    public static String describe(byte[] name, long offset) {
        return describe(name) + " at offset " + offset;
    }

    static String describe(byte[] name) {
        String shown = new String(name, 0, Math.min(name.length, SHOWN_BYTES), UTF_8);
        return "entry \"" + shown + (name.length > SHOWN_BYTES ? "…" : "") + "\"";
    }

    private static void check(String what, long got, long least, long most) {
        if (got < least || got > most) {
            throw Failure.invalid(what + ": got " + got + ", wanted " + (least == most ? "" : least + " to ") + most);
        }
    }
}
