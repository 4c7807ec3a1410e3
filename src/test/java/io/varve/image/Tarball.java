package io.varve.image;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/**
 * A tar made by hand, byte for byte, so that tests can say things that no tar program would. Names go out as given: the
 * text in UTF-8, or bytes. What {@link #mode}, {@link #owner}, {@link #time} and {@link #xattr} say holds for the next
 * entry only; otherwise modes are 0644 and 0755, the owner is 0:0 and the time 1.
 */
public final class Tarball {
    private static final int BLOCK = 512;

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private int mode = -1;
    private long uid;
    private long gid;
    private String time = "1";
    private final Map<String, byte[]> records = new TreeMap<>();

    public Tarball mode(int bits) {
        mode = bits;
        return this;
    }

    public Tarball owner(long user, long group) {
        uid = user;
        gid = group;
        return this;
    }

    /** Seconds as PAX writes them: {@code -1.25}. */
    public Tarball time(String seconds) {
        time = seconds;
        return this;
    }

    public Tarball xattr(String name, byte... value) {
        records.put("SCHILY.xattr." + name, value);
        return this;
    }

    /** An extended attribute of all entries that follow. */
    public Tarball globalXattr(String name, byte... value) {
        byte[] global = record("SCHILY.xattr." + name, value);
        header('g', "global".getBytes(UTF_8), new byte[0], global.length, 0644, 0, 0, 0, 0, 0);
        data(global);
        return this;
    }

    public Tarball dir(String path) {
        return entry('5', path.getBytes(UTF_8), "", new byte[0], 0, 0);
    }

    public Tarball file(String path, String content) {
        return file(path.getBytes(UTF_8), content.getBytes(UTF_8));
    }

    public Tarball file(byte[] path, byte[] content) {
        return entry('0', path, "", content, 0, 0);
    }

    public Tarball symlink(String path, String target) {
        return entry('2', path.getBytes(UTF_8), target, new byte[0], 0, 0);
    }

    public Tarball link(String path, String target) {
        return entry('1', path.getBytes(UTF_8), target, new byte[0], 0, 0);
    }

    public Tarball character(String path, int major, int minor) {
        return entry('3', path.getBytes(UTF_8), "", new byte[0], major, minor);
    }

    public Tarball block(String path, int major, int minor) {
        return entry('4', path.getBytes(UTF_8), "", new byte[0], major, minor);
    }

    public Tarball fifo(String path) {
        return entry('6', path.getBytes(UTF_8), "", new byte[0], 0, 0);
    }

    public Tarball whiteout(String path) {
        int slash = path.lastIndexOf('/') + 1;
        return mode(0).file(path.substring(0, slash) + ".wh." + path.substring(slash), "");
    }

    public Tarball opaque(String directory) {
        return mode(0).file(directory.isEmpty() ? ".wh..wh..opq" : directory + "/.wh..wh..opq", "");
    }

    /** A file in the PAX 1.0 sparse format: {@code map} holds pairs of offset and length, {@code data} the runs. */
    public Tarball sparse(String path, long size, long[] map, byte[] data) {
        StringBuilder text = new StringBuilder().append(map.length / 2).append('\n');
        for (long number : map) {
            text.append(number).append('\n');
        }
        byte[] head = Arrays.copyOf(text.toString().getBytes(UTF_8), (text.length() + BLOCK - 1) / BLOCK * BLOCK);
        byte[] stored = Arrays.copyOf(head, head.length + data.length);
        System.arraycopy(data, 0, stored, head.length, data.length);
        records.put("GNU.sparse.major", "1".getBytes(UTF_8));
        records.put("GNU.sparse.minor", "0".getBytes(UTF_8));
        records.put("GNU.sparse.name", path.getBytes(UTF_8));
        records.put("GNU.sparse.realsize", Long.toString(size).getBytes(UTF_8));
        return entry('0', "GNUSparseFile.0/x".getBytes(UTF_8), "", stored, 0, 0);
    }

    /** The tar so far, then the header of a file with that many bytes, of which none follow. */
    byte[] huge(String path, long size) {
        header('0', path.getBytes(UTF_8), new byte[0], size, 0644, 0, 0, 1, 0, 0);
        return out.toByteArray();
    }

    /** The tar with its end: two blocks of zeros. */
    public byte[] bytes() {
        byte[] entries = out.toByteArray();
        return Arrays.copyOf(entries, entries.length + 2 * BLOCK);
    }

    private Tarball entry(char type, byte[] path, String target, byte[] data, int major, int minor) {
        byte[] link = target.getBytes(UTF_8);
        if (path.length > 100) {
            records.put("path", path);
        }
        if (link.length > 100) {
            records.put("linkpath", link);
        }
        if (uid > 07777777) {
            records.put("uid", Long.toString(uid).getBytes(UTF_8));
        }
        if (gid > 07777777) {
            records.put("gid", Long.toString(gid).getBytes(UTF_8));
        }
        boolean plainTime = time.matches("[0-9]{1,10}");
        if (!plainTime) {
            records.put("mtime", time.getBytes(UTF_8));
        }
        if (!records.isEmpty()) {
            ByteArrayOutputStream pax = new ByteArrayOutputStream();
            records.forEach((key, value) -> pax.writeBytes(record(key, value)));
            header('x', "pax".getBytes(UTF_8), new byte[0], pax.size(), 0644, 0, 0, 0, 0, 0);
            data(pax.toByteArray());
        }
        int bits = mode >= 0 ? mode : type == '5' ? 0755 : type == '2' ? 0777 : 0644;
        long seconds = plainTime ? Long.parseLong(time) : 0;
        header(type, path, link, data.length, bits, uid & 07777777, gid & 07777777, seconds, major, minor);
        data(data);
        mode = -1;
        uid = 0;
        gid = 0;
        time = "1";
        records.clear();
        return this;
    }

    private void header(
            char type,
            byte[] path,
            byte[] link,
            long size,
            int bits,
            long user,
            long group,
            long seconds,
            int major,
            int minor) {
        byte[] block = new byte[BLOCK];
        System.arraycopy(path, 0, block, 0, Math.min(100, path.length));
        octal(block, 100, 8, bits);
        octal(block, 108, 8, user);
        octal(block, 116, 8, group);
        octal(block, 124, 12, size);
        octal(block, 136, 12, seconds);
        Arrays.fill(block, 148, 156, (byte) ' ');
        block[156] = (byte) type;
        System.arraycopy(link, 0, block, 157, Math.min(100, link.length));
        System.arraycopy("ustar\00000".getBytes(UTF_8), 0, block, 257, 8);
        octal(block, 329, 8, major);
        octal(block, 337, 8, minor);
        int sum = 0;
        for (byte each : block) {
            sum += each & 0xff;
        }
        octal(block, 148, 7, sum);
        out.writeBytes(block);
    }

    private void data(byte[] bytes) {
        out.writeBytes(Arrays.copyOf(bytes, (bytes.length + BLOCK - 1) / BLOCK * BLOCK));
    }

    private static byte[] record(String key, byte[] value) {
        int rest = key.getBytes(UTF_8).length + value.length + 3;
        int length = rest + Integer.toString(rest).length();
        if (rest + Integer.toString(length).length() != length) {
            length = rest + Integer.toString(length).length();
        }
        ByteArrayOutputStream record = new ByteArrayOutputStream();
        record.writeBytes((length + " " + key + "=").getBytes(UTF_8));
        record.writeBytes(value);
        record.write('\n');
        return record.toByteArray();
    }

    private static void octal(byte[] block, int at, int width, long value) {
        byte[] digits = String.format("%0" + (width - 1) + "o", value).getBytes(UTF_8);
        System.arraycopy(digits, 0, block, at, digits.length);
    }
}
