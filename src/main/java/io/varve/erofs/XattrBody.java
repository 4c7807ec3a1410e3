package io.varve.erofs;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.layerfs.Xattr;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * The extended attributes of an inode, which stand right behind it.
 *
 * <pre>
 *   name_filter u32 = 0 · shared_count u8 = 0 · reserved[7]
 *   then for each: name_len u8 · name_index u8 · value_size u16 · name without its prefix · value · zeros to a multiple of 4
 * </pre>
 *
 * The inode counts them in units of 4 bytes in 16 bits: 0 for none, else 1 for the header and 1 for each unit.
 */
final class XattrBody {
    static final XattrBody NONE = new XattrBody(new byte[0], 0);

    private static final int HEADER_BYTES = 12;
    private static final int ENTRY_BYTES = 4;
    private static final int MAX_COUNT = 0xFFFF;
    private static final int MAX_VALUE = 0xFFFF;

    /** By name index; index 0 and 5 are of no use here. An ACL's name is all prefix. */
    private static final byte[][] PREFIXES = {
        {},
        bytes("user."),
        bytes("system.posix_acl_access"),
        bytes("system.posix_acl_default"),
        bytes("trusted."),
        {},
        bytes("security.")
    };

    private final byte[] body;
    private final int dropped;

    private XattrBody(byte[] body, int dropped) {
        this.body = body;
        this.dropped = dropped;
    }

    /** The bytes to write; empty for none. */
    byte[] bytes() {
        return body;
    }

    /** How many attributes are of a namespace that EROFS does not know. */
    int dropped() {
        return dropped;
    }

    /** What the inode says of them. */
    int count() {
        return body.length == 0 ? 0 : 1 + (body.length - HEADER_BYTES) / 4;
    }

    /** How many bytes a count stands for. */
    static int length(int count) {
        return count == 0 ? 0 : HEADER_BYTES + 4 * (count - 1);
    }

    /** @throws Failure Exceeded when a name, a value or all of them together are more than the format can say */
    static XattrBody encode(List<Xattr> xattrs) {
        long length = HEADER_BYTES;
        int dropped = 0;
        for (Xattr xattr : xattrs) {
            int index = index(xattr.name());
            if (index == 0) {
                dropped++;
            } else {
                length += entryLength(xattr, index);
            }
        }
        if (dropped == xattrs.size()) {
            return dropped == 0 ? NONE : new XattrBody(NONE.body, dropped);
        }
        if (length > length(MAX_COUNT)) {
            throw tooLong("extended attributes of one file", length, length(MAX_COUNT));
        }
        ByteBuffer body = ByteBuffer.allocate((int) length).order(ByteOrder.LITTLE_ENDIAN);
        body.position(HEADER_BYTES);
        for (Xattr xattr : xattrs) {
            int index = index(xattr.name());
            if (index != 0) {
                put(body, xattr, index);
            }
        }
        return new XattrBody(body.array(), dropped);
    }

    /**
     * The attributes in a body, sorted by name.
     *
     * @param offset of the body in the index, for messages
     */
    static List<Xattr> decode(byte[] body, long offset) {
        ByteBuffer in = ByteBuffer.wrap(body).order(ByteOrder.LITTLE_ENDIAN);
        List<Xattr> xattrs = new ArrayList<>();
        if (body.length <= HEADER_BYTES || in.get(4) != 0) {
            throw Format.malformed(offset, "xattrs", body.length + " bytes, " + in.get(4) + " shared", "own ones only");
        }
        int at = HEADER_BYTES;
        while (at < body.length) {
            int nameLength = in.get(at) & 0xFF;
            int index = in.get(at + 1) & 0xFF;
            int valueLength = in.getShort(at + 2) & 0xFFFF;
            int name = at + ENTRY_BYTES;
            int value = name + nameLength;
            if (value + valueLength > body.length) {
                throw Format.malformed(offset + at, "end of an xattr", value + valueLength, "at most " + body.length);
            }
            byte[] prefix = index < PREFIXES.length ? PREFIXES[index] : PREFIXES[0];
            byte[] full = Arrays.copyOf(prefix, prefix.length + nameLength);
            System.arraycopy(body, name, full, prefix.length, nameLength);
            if (prefix.length == 0 || index(full) != index) {
                throw Format.malformed(
                        offset + at, "name of an xattr", index + " with " + nameLength + " bytes", "one");
            }
            xattrs.add(new Xattr(full, Arrays.copyOfRange(body, value, value + valueLength)));
            at = (int) Format.align(value + valueLength, 4);
        }
        Collections.sort(xattrs);
        for (int i = 1; i < xattrs.size(); i++) {
            if (Arrays.equals(xattrs.get(i - 1).name(), xattrs.get(i).name())) {
                throw Format.malformed(offset, "xattrs named " + xattrs.get(i), 2, 1);
            }
        }
        return List.copyOf(xattrs);
    }

    private static void put(ByteBuffer body, Xattr xattr, int index) {
        byte[] name = xattr.name();
        int prefix = PREFIXES[index].length;
        body.put((byte) (name.length - prefix)).put((byte) index).putShort((short) xattr.value().length);
        body.put(name, prefix, name.length - prefix).put(xattr.value());
        body.position((int) Format.align(body.position(), 4));
    }

    private static long entryLength(Xattr xattr, int index) {
        int name = xattr.name().length - PREFIXES[index].length;
        int value = xattr.value().length;
        if (name > Format.MAX_NAME) {
            throw tooLong("name of an extended attribute", name, Format.MAX_NAME);
        }
        if (value > MAX_VALUE) {
            throw tooLong("value of " + xattr, value, MAX_VALUE);
        }
        return Format.align((long) ENTRY_BYTES + name + value, 4);
    }

    /** The name index, or 0 for a name that has none. */
    private static int index(byte[] name) {
        for (int index = 1; index < PREFIXES.length; index++) {
            byte[] prefix = PREFIXES[index];
            boolean whole = index == 2 || index == 3;
            if (prefix.length > 0
                    && (whole ? name.length == prefix.length : name.length > prefix.length)
                    && Arrays.equals(name, 0, prefix.length, prefix, 0, prefix.length)) {
                return index;
            }
        }
        return 0;
    }

    private static Failure tooLong(String what, long got, long most) {
        return Failure.of(Category.EXCEEDED, what + ": got " + got + " bytes, at most " + most + " in an EROFS index");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
