package io.varve.tar;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.varve.failure.Failure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What PAX records say about a member (POSIX.1-2017, pax, "pax Extended Header"; GNU's and SCHILY's and libarchive's
 * additions). A record is {@code <length> <key>=<value>\n}, its length counting all of it. Null or -1: nothing said, or
 * taken back by an empty value, so that the header's own field holds.
 */
final class PaxRecords {
    static final String PATH = "path";
    static final String LINK_PATH = "linkpath";
    static final String SIZE = "size";
    static final String UID = "uid";
    static final String GID = "gid";
    static final String MTIME = "mtime";
    /** The name of the attribute stands in the key as it is, its value as raw bytes. */
    static final String XATTR = "SCHILY.xattr.";
    /** The name of the attribute is percent-encoded, its value in base64. */
    static final String ENCODED_XATTR = "LIBARCHIVE.xattr.";

    static final int XATTR_NAME_MAX = 255;

    private static final String SPARSE = "GNU.sparse.";
    // Longer than every key that is understood, attributes aside.
    private static final int KEY_SHOWN = 64;

    private final TarLimits limits;
    private final boolean global;

    byte @Nullable [] path;
    byte @Nullable [] linkPath;

    long size = -1;
    long uid = -1;
    long gid = -1;

    @Nullable
    PaxTime mtime;

    @Nullable
    PaxSparse sparse;

    // Null as long as there is none, which is the rule.
    private @Nullable TreeMap<byte[], byte[]> xattrs;
    private long xattrBytes;

    private PaxRecords(TarLimits limits, boolean global) {
        this.limits = limits;
        this.global = global;
    }

    /** The records of global headers: they add up and hold for all members that follow. */
    static PaxRecords global(TarLimits limits) {
        return new PaxRecords(limits, true);
    }

    /** The records of one member, which start as the global ones have it. */
    PaxRecords member() {
        PaxRecords member = new PaxRecords(limits, false);
        member.path = path;
        member.linkPath = linkPath;
        member.size = size;
        member.uid = uid;
        member.gid = gid;
        member.mtime = mtime;
        if (xattrs != null) {
            member.xattrs = new TreeMap<>(xattrs);
        }
        return member;
    }

    /** Sorted by name. */
    List<TarXattr> xattrs() {
        if (xattrs == null) {
            return List.of();
        }
        List<TarXattr> sorted = new ArrayList<>(xattrs.size());
        for (Map.Entry<byte[], byte[]> xattr : xattrs.entrySet()) {
            sorted.add(new TarXattr(xattr.getKey(), xattr.getValue()));
        }
        return List.copyOf(sorted);
    }

    /**
     * Takes the records of one header.
     *
     * @param data the header's data, {@code length} bytes of it
     * @param offset of the data in the tar
     */
    void read(byte[] data, int length, long offset) {
        int at = 0;
        while (at < length) {
            try {
                at = record(data, at, length);
            } catch (Failure failure) {
                throw failure.during("PAX record at offset " + (offset + at));
            }
        }
        checkXattrBytes();
    }

    /** Of the names and values of all extended attributes. */
    long xattrBytes() {
        return xattrBytes;
    }

    private int record(byte[] data, int at, int length) {
        int blank = indexOf(data, (byte) ' ', at, length);
        long bytes = Decimal.parse(data, at, blank);
        if (bytes > length - at || bytes <= blank - at + 1) {
            throw Failure.invalid("got a length of " + bytes + ", wanted that of a record, at most " + (length - at));
        }
        int end = at + (int) bytes;
        if (data[end - 1] != '\n') {
            throw Failure.invalid("got byte " + (data[end - 1] & 0xFF) + " at its end, wanted a line feed");
        }
        int equals = indexOf(data, (byte) '=', blank + 1, end - 1);
        if (equals == end - 1 || equals == blank + 1) {
            throw Failure.invalid("got no key, wanted <key>=<value>");
        }
        if (indexOf(data, (byte) 0, blank + 1, equals) < equals) {
            throw Failure.invalid("key: got a NUL in it");
        }
        take(Arrays.copyOfRange(data, blank + 1, equals), Arrays.copyOfRange(data, equals + 1, end - 1));
        return end;
    }

    private void take(byte[] key, byte[] value) {
        boolean empty = value.length == 0;
        String word = new String(key, 0, Math.min(key.length, KEY_SHOWN), US_ASCII);
        switch (word) {
            case PATH -> path = empty ? null : name(PATH, value);
            case LINK_PATH -> linkPath = empty ? null : name(LINK_PATH, value);
            case SIZE -> size = empty ? -1 : number(SIZE, value);
            case UID -> uid = empty ? -1 : number(UID, value);
            case GID -> gid = empty ? -1 : number(GID, value);
            case MTIME -> mtime = empty ? null : PaxTime.parse(value);
            default -> {
                if (word.startsWith(XATTR)) {
                    // An empty value is an attribute that is empty: no other record could say so.
                    putXattr(Arrays.copyOfRange(key, XATTR.length(), key.length), value);
                } else if (word.startsWith(ENCODED_XATTR)) {
                    putXattr(percentDecoded(key, ENCODED_XATTR.length()), base64Decoded(value));
                } else if (word.startsWith(SPARSE)) {
                    takeSparse(word, value);
                }
            }
        }
    }

    private void takeSparse(String key, byte[] value) {
        if (global) {
            throw Failure.invalid(key + ": got it in a global header, wanted it in a member's");
        }
        PaxSparse taker = sparse;
        if (taker == null) {
            taker = new PaxSparse(limits.sparseExtents());
            sparse = taker;
        }
        taker.take(key, value);
    }

    private void putXattr(byte[] name, byte[] value) {
        if (name.length == 0 || name.length > XATTR_NAME_MAX) {
            throw Failure.invalid(
                    "name of an extended attribute: got " + name.length + " bytes, wanted 1 to " + XATTR_NAME_MAX);
        }
        if (indexOf(name, (byte) 0, 0, name.length) < name.length) {
            throw Failure.invalid("name of an extended attribute: got a NUL in it");
        }
        if (value.length > limits.xattrValueBytes()) {
            String what = "extended attribute " + new String(name, UTF_8);
            throw Failure.exceeded(what, value.length, limits.xattrValueBytes(), "limits.xattrValueBytes");
        }
        TreeMap<byte[], byte[]> map = xattrs;
        if (map == null) {
            map = new TreeMap<>(Arrays::compareUnsigned);
            xattrs = map;
        }
        map.put(name, value);
    }

    private void checkXattrBytes() {
        if (xattrs == null) {
            return;
        }
        long bytes = 0;
        for (Map.Entry<byte[], byte[]> xattr : xattrs.entrySet()) {
            bytes += xattr.getKey().length + xattr.getValue().length;
        }
        if (bytes > limits.xattrBytes()) {
            throw Failure.exceeded("extended attributes", bytes, limits.xattrBytes(), "limits.xattrBytes");
        }
        xattrBytes = bytes;
    }

    /** A value that is a path: NULs are refused, as what stands behind one would be a name only some see. */
    static byte[] name(String key, byte[] value) {
        if (indexOf(value, (byte) 0, 0, value.length) < value.length) {
            throw Failure.invalid(key + ": got a NUL in it");
        }
        return value;
    }

    static long number(String key, byte[] value) {
        try {
            return Decimal.parse(value, 0, value.length);
        } catch (Failure failure) {
            throw failure.during(key);
        }
    }

    private static byte[] percentDecoded(byte[] key, int from) {
        byte[] decoded = new byte[key.length - from];
        int used = 0;
        for (int i = from; i < key.length; i++) {
            if (key[i] != '%') {
                decoded[used++] = key[i];
                continue;
            }
            int high = i + 2 < key.length ? Character.digit(key[i + 1], 16) : -1;
            int low = i + 2 < key.length ? Character.digit(key[i + 2], 16) : -1;
            if (high < 0 || low < 0) {
                throw Failure.invalid("name of an extended attribute: got a % without two hexadecimal digits");
            }
            decoded[used++] = (byte) (high << 4 | low);
            i += 2;
        }
        return Arrays.copyOf(decoded, used);
    }

    private static byte[] base64Decoded(byte[] value) {
        try {
            return Base64.getDecoder().decode(value);
        } catch (IllegalArgumentException notBase64) {
            throw Failure.invalid("value of an extended attribute: " + notBase64.getMessage());
        }
    }

    /** The first place of a byte in {@code data[from, to)}, else {@code to}. */
    static int indexOf(byte[] data, byte wanted, int from, int to) {
        int at = from;
        while (at < to && data[at] != wanted) {
            at++;
        }
        return at;
    }
}
