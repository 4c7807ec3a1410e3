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
 * additions). A record is {@code <length> <key>=<value>\n}, its length counting all of it. Null or below 0: nothing said, or
 * taken back by an empty value, so that the header's own field holds.
 *
 * <p>A member's records stand over those of global headers, which are not copied: an extended header costs what its own bytes cost,
 * however much the global ones say.
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

    private static final long UNSAID = -1;
    private static final long TAKEN_BACK = -2;

    private final TarLimits limits;
    // Those of global headers, which hold where these say nothing; null for themselves.
    private final @Nullable PaxRecords globals;

    // Empty when it was taken back.
    private byte @Nullable [] path;
    private byte @Nullable [] linkPath;

    private long size = UNSAID;
    private long uid = UNSAID;
    private long gid = UNSAID;

    private @Nullable PaxTime mtime;
    private boolean mtimeSaid;

    private @Nullable PaxSparse sparse;

    // Null as long as there is none, which is the rule.
    private @Nullable TreeMap<byte[], byte[]> xattrs;
    private long xattrBytes;

    private PaxRecords(TarLimits limits, @Nullable PaxRecords globals) {
        this.limits = limits;
        this.globals = globals;
    }

    /** The records of global headers: they add up and hold for all members that follow. */
    static PaxRecords global(TarLimits limits) {
        return new PaxRecords(limits, null);
    }

    /** The records of one member, over the global ones as they are when the member itself comes. */
    PaxRecords member() {
        return new PaxRecords(limits, this);
    }

    byte @Nullable [] path() {
        return said(path == null && globals != null ? globals.path : path);
    }

    byte @Nullable [] linkPath() {
        return said(linkPath == null && globals != null ? globals.linkPath : linkPath);
    }

    private static byte @Nullable [] said(byte @Nullable [] name) {
        return name == null || name.length == 0 ? null : name;
    }

    long size() {
        return size == UNSAID && globals != null ? globals.size : size;
    }

    long uid() {
        return uid == UNSAID && globals != null ? globals.uid : uid;
    }

    long gid() {
        return gid == UNSAID && globals != null ? globals.gid : gid;
    }

    @Nullable
    PaxTime mtime() {
        return !mtimeSaid && globals != null ? globals.mtime : mtime;
    }

    @Nullable
    PaxSparse sparse() {
        return sparse;
    }

    /**
     * Sorted by name. Takes as long as all of them are many, those of global headers included.
     *
     * @throws Failure Exceeded when together they are more than a member may have
     */
    List<TarXattr> xattrs() {
        Map<byte[], byte[]> all = all();
        if (all == null) {
            return List.of();
        }
        List<TarXattr> sorted = new ArrayList<>(all.size());
        long bytes = 0;
        for (Map.Entry<byte[], byte[]> xattr : all.entrySet()) {
            sorted.add(new TarXattr(xattr.getKey(), xattr.getValue()));
            bytes += bytes(xattr.getKey(), xattr.getValue());
        }
        checkXattrBytes(bytes);
        return List.copyOf(sorted);
    }

    private @Nullable Map<byte[], byte[]> all() {
        TreeMap<byte[], byte[]> ofAll = globals == null ? null : globals.xattrs;
        if (ofAll == null || xattrs == null) {
            return xattrs == null ? ofAll : xattrs;
        }
        TreeMap<byte[], byte[]> both = new TreeMap<>(ofAll);
        both.putAll(xattrs);
        return both;
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
        checkXattrBytes(xattrBytes);
    }

    /** Of the names and values of these extended attributes, without those of global headers. */
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
            case PATH -> path = name(PATH, value);
            case LINK_PATH -> linkPath = name(LINK_PATH, value);
            case SIZE -> size = empty ? TAKEN_BACK : number(SIZE, value);
            case UID -> uid = empty ? TAKEN_BACK : number(UID, value);
            case GID -> gid = empty ? TAKEN_BACK : number(GID, value);
            case MTIME -> {
                mtime = empty ? null : PaxTime.parse(value);
                mtimeSaid = true;
            }
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
        if (globals == null) {
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
        byte[] before = map.put(name, value);
        xattrBytes += before == null ? bytes(name, value) : value.length - before.length;
    }

    private static long bytes(byte[] name, byte[] value) {
        return (long) name.length + value.length;
    }

    private void checkXattrBytes(long bytes) {
        if (bytes > limits.xattrBytes()) {
            throw Failure.exceeded("extended attributes", bytes, limits.xattrBytes(), "limits.xattrBytes");
        }
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
