package io.varve.tar;

import io.varve.failure.Failure;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The headers of the member being read, put together: where they speak of the same thing, GNU long names win over PAX
 * records, these over the header's own fields, and a member's PAX header replaces one it had before.
 */
final class Headers {
    private final TarLimits limits;
    private final PaxRecords globals;

    // Where the member begins. It holds until the next begins, for messages about the data.
    private long start;
    // Empty until the header has come.
    private byte[] name = TarEntry.EMPTY;
    private boolean extended;
    private byte @Nullable [] longName;
    private byte @Nullable [] longLink;
    private PaxRecords pax;
    // What all members so far have of global headers.
    private long globalXattrs;
    private long globalLinks;

    Headers(TarLimits limits) {
        this.limits = limits;
        globals = PaxRecords.global(limits);
        pax = globals;
    }

    /** A block at this offset of the tar is the next header, of a new member unless extensions came before it. */
    void begin(long at) {
        name = TarEntry.EMPTY;
        if (!extended) {
            start = at;
            longName = null;
            longLink = null;
            pax = globals;
        }
    }

    /** The header has come: from here on the name is known, to messages too. */
    void name(byte[] block) {
        PaxSparse sparse = sparse();
        if (sparse != null && sparse.name() != null) {
            name = sparse.name();
        } else if (longName != null) {
            name = longName;
        } else {
            byte[] said = pax.path();
            name = said != null ? said : ownName(block);
        }
    }

    /** Whether extensions came whose member did not. */
    boolean extended() {
        return extended;
    }

    /** The member's own header has come, so the next one begins another member. */
    void complete() {
        extended = false;
    }

    /** One more member has what global headers say of all. */
    void count(TarType type) {
        globalXattrs = counted("extended attributes", globalXattrs, globals.xattrBytes());
        byte[] link = globals.linkPath();
        if (type.isLink() && link != null) {
            globalLinks = counted("link targets", globalLinks, link.length);
        }
    }

    private long counted(String what, long before, long more) {
        long bytes = before + more;
        if (bytes > limits.globalXattrBytes()) {
            throw Failure.exceeded(
                    what + " of global headers, in all members so far",
                    bytes,
                    limits.globalXattrBytes(),
                    "limits.globalXattrBytes");
        }
        return bytes;
    }

    /** How messages name the member. */
    String describe() {
        return name.length == 0 ? "entry at offset " + start : TarEntry.describe(name, start);
    }

    /**
     * Takes the data of an extension.
     *
     * @param data {@code length} bytes of it
     * @param offset of the data in the tar
     */
    void extend(byte flag, byte[] data, int length, long offset) {
        switch (flag) {
            case 'g' -> {
                globals.read(data, length, offset);
                return;
            }
            case 'x' -> {
                pax = globals.member();
                pax.read(data, length, offset);
            }
            case 'L' -> longName = text(data, length);
            default -> longLink = text(data, length);
        }
        extended = true;
    }

    /** What a header of this flag describes. */
    TarType type(byte flag) {
        return switch (flag) {
            case 0, '0', '7', 'S' -> endsInSlash(name) ? TarType.DIRECTORY : TarType.REGULAR;
            case '1' -> TarType.HARDLINK;
            case '2' -> TarType.SYMLINK;
            case '3' -> TarType.CHARACTER;
            case '4' -> TarType.BLOCK;
            case '5', 'D' -> TarType.DIRECTORY;
            case '6' -> TarType.FIFO;
            default ->
                throw Failure.invalid("type flag: got '" + (char) (flag & 0xFF) + "' (" + (flag & 0xFF)
                        + "), wanted that of a file, link, device, directory or extended header");
        };
    }

    /** Bytes of data behind the header, if a member of its type has any. */
    long size(byte[] block) {
        long own = extensionSize(block);
        return pax.size() >= 0 ? pax.size() : own;
    }

    /** Bytes of data behind the header of an extension, which nothing overrides. */
    static long extensionSize(byte[] block) {
        long size = HeaderField.SIZE.number(block);
        if (size < 0) {
            throw Failure.invalid("size: got " + size + ", wanted 0 or more");
        }
        return size;
    }

    /** What PAX records say of a sparse file; null if the member is none. */
    @Nullable
    PaxSparse sparse() {
        PaxSparse sparse = pax.sparse();
        return sparse != null && sparse.isSparse() ? sparse : null;
    }

    /** The entry, its headers complete but for what the caller knows of its data. */
    TarEntry entry(byte[] block, TarType type, long size, long[] extents) {
        checkLength("name", name.length, limits.pathBytes(), "limits.pathBytes");
        byte[] link = TarEntry.EMPTY;
        if (type.isLink()) {
            link = link(block);
            checkLength("link target", link.length, limits.linkBytes(), "limits.linkBytes");
        }
        boolean device = type.isDevice() && hasMagic(block);
        PaxTime mtime = pax.mtime();
        return new TarEntry(
                type,
                name,
                link,
                (int) HeaderField.MODE.number(block) & 07777,
                pax.uid() >= 0 ? pax.uid() : HeaderField.UID.number(block),
                pax.gid() >= 0 ? pax.gid() : HeaderField.GID.number(block),
                mtime != null ? mtime.seconds() : HeaderField.MTIME.number(block),
                mtime != null ? mtime.nanos() : 0,
                size,
                device ? deviceNumber(HeaderField.DEVMAJOR, block) : 0,
                device ? deviceNumber(HeaderField.DEVMINOR, block) : 0,
                pax.xattrs(),
                extents,
                start);
    }

    private byte[] link(byte[] block) {
        if (longLink != null) {
            return longLink;
        }
        byte[] said = pax.linkPath();
        return said != null ? said : HeaderField.LINK.text(block);
    }

    private static byte[] ownName(byte[] block) {
        byte[] last = HeaderField.NAME.text(block);
        byte[] prefix = prefix(block);
        if (prefix.length == 0) {
            return last;
        }
        byte[] whole = Arrays.copyOf(prefix, prefix.length + 1 + last.length);
        whole[prefix.length] = '/';
        System.arraycopy(last, 0, whole, prefix.length + 1, last.length);
        return whole;
    }

    private static byte[] prefix(byte[] block) {
        if (HeaderField.MAGIC.startsWith(block, "ustar\0")) {
            boolean star = HeaderField.startsWith(block, HeaderField.STAR_TRAILER, "tar\0");
            return (star ? HeaderField.STAR_PREFIX : HeaderField.PREFIX).text(block);
        }
        if (isGnu(block)
                && !(isTimeOrBlank(HeaderField.GNU_ATIME, block) && isTimeOrBlank(HeaderField.GNU_CTIME, block))) {
            // Before 1.8 Go wrote a prefix into GNU headers, over the times. Layers of that age are still about.
            byte[] prefix = HeaderField.PREFIX.text(block);
            for (byte b : prefix) {
                if (b < 0) {
                    return TarEntry.EMPTY;
                }
            }
            return prefix;
        }
        return TarEntry.EMPTY;
    }

    private static boolean isTimeOrBlank(HeaderField field, byte[] block) {
        if (field.isBlank(block)) {
            return true;
        }
        try {
            field.number(block);
            return true;
        } catch (Failure noNumber) {
            return false;
        }
    }

    static boolean isGnu(byte[] block) {
        return HeaderField.MAGIC.startsWith(block, "ustar ");
    }

    private static boolean hasMagic(byte[] block) {
        return HeaderField.MAGIC.startsWith(block, "ustar");
    }

    private static int deviceNumber(HeaderField field, byte[] block) {
        // An entry refuses what is beyond a device number, so only its sign must survive the cast.
        return (int) Math.clamp(field.number(block), -1L, Integer.MAX_VALUE);
    }

    private static boolean endsInSlash(byte[] path) {
        return path.length > 0 && path[path.length - 1] == '/';
    }

    /** Up to the first NUL; null if that leaves nothing. */
    private static byte @Nullable [] text(byte[] data, int length) {
        int end = PaxRecords.indexOf(data, (byte) 0, 0, length);
        return end == 0 ? null : Arrays.copyOf(data, end);
    }

    private static void checkLength(String what, int got, int limit, String setting) {
        if (got > limit) {
            throw Failure.exceeded(what, got, limit, setting);
        }
    }
}
