package io.varve.tar;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.varve.failure.Failure;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * Writes a tar: ustar where that can say everything about a member, and a PAX header in front of the member where it
 * cannot. The same entries make the same bytes, everywhere and always. Data streams through; holes are written as the
 * zeros a reader of the file sees.
 *
 * <p>The entries' {@link TarEntry#extents} and {@link TarEntry#offset} are those of the tar they came from, and mean
 * nothing here. One thread at a time.
 */
public final class TarWriter {
    private static final int BUFFER = 64 << 10;
    // Readers that know PAX never see the name of a PAX header, so it need not say whose it is.
    private static final TarEntry PAX_HEADER = TarEntry.of(TarType.REGULAR, "PaxHeaders.0", "", 0644);
    private static final byte PAX_FLAG = 'x';
    private static final byte[] MAGIC = ("ustar\0" + "00").getBytes(US_ASCII);

    private final OutputStream out;
    // Made when data is first copied.
    private byte[] buffer = {};

    /** @param out stays the caller's to flush and close */
    public TarWriter(OutputStream out) {
        this.out = out;
    }

    /** Writes a member without data. */
    public void write(TarEntry entry) throws IOException {
        write(entry, InputStream.nullInputStream());
    }

    /**
     * Writes a member and its data.
     *
     * @param data read to its end, which must come after {@link TarEntry#size} bytes; stays the caller's to close
     * @throws Failure Invalid, when a name cannot stand in a tar; Mismatch, when the data is shorter or longer than the
     *     size, after which the tar is broken
     */
    public void write(TarEntry entry, InputStream data) throws IOException {
        begin(entry);
        copy(entry, data);
        end(entry);
    }

    /**
     * Writes what stands in front of a member's data, for callers who have a way of their own to write that: they follow
     * with {@link TarEntry#size} bytes, which nobody counts, and {@link #end}.
     *
     * @throws Failure Invalid, when a name cannot stand in a tar
     */
    public void begin(TarEntry entry) throws IOException {
        checkName(entry, "name", entry.name());
        checkName(entry, "link target", entry.link());
        for (TarXattr xattr : entry.xattrs()) {
            checkName(entry, "name of an extended attribute", xattr.name());
        }
        byte[] name = entry.name();
        if (entry.type() == TarType.REGULAR && name.length > 0 && name[name.length - 1] == '/') {
            throw Failure.invalid("name: got a trailing slash, wanted the name of a file")
                    .during(TarEntry.describe(entry.name()));
        }
        byte[] block = new byte[HeaderField.BLOCK];
        byte[] records = header(block, entry);
        if (records.length > 0) {
            byte[] paxBlock = new byte[HeaderField.BLOCK];
            header(paxBlock, PAX_HEADER.withSize(records.length));
            paxBlock[HeaderField.TYPE_FLAG] = PAX_FLAG;
            HeaderField.putChecksum(paxBlock);
            out.write(paxBlock);
            out.write(records);
            pad(records.length);
        }
        HeaderField.putChecksum(block);
        out.write(block);
    }

    /** Writes what stands behind a member's data. */
    public void end(TarEntry entry) throws IOException {
        pad(entry.size());
    }

    /** Writes the end of the tar: two blocks of zeros. */
    public void finish() throws IOException {
        out.write(new byte[2 * HeaderField.BLOCK]);
    }

    private void copy(TarEntry entry, InputStream data) throws IOException {
        long left = entry.size();
        if (left > 0 && buffer.length == 0) {
            buffer = new byte[BUFFER];
        }
        while (left > 0) {
            int n = data.read(buffer, 0, (int) Math.min(left, BUFFER));
            if (n < 0) {
                throw Failure.mismatch("data", entry.size() - left + " bytes", entry.size() + " bytes")
                        .during(TarEntry.describe(entry.name()));
            }
            out.write(buffer, 0, n);
            left -= n;
        }
        if (data.read() >= 0) {
            throw Failure.mismatch("data", "more bytes", entry.size() + " bytes")
                    .during(TarEntry.describe(entry.name()));
        }
    }

    private void pad(long size) throws IOException {
        out.write(new byte[(int) (-size & (HeaderField.BLOCK - 1))]);
    }

    /** Fills the header but for its checksum; what it cannot hold comes back as PAX records. */
    private static byte[] header(byte[] block, TarEntry entry) {
        PaxText pax = new PaxText();
        putName(block, entry.name(), pax);
        putText(block, HeaderField.LINK, entry.link(), PaxRecords.LINK_PATH, pax);
        HeaderField.MODE.putNumber(block, entry.mode());
        putNumber(block, HeaderField.UID, entry.uid(), PaxRecords.UID, pax);
        putNumber(block, HeaderField.GID, entry.gid(), PaxRecords.GID, pax);
        putNumber(block, HeaderField.SIZE, entry.size(), PaxRecords.SIZE, pax);
        putTime(block, entry, pax);
        block[HeaderField.TYPE_FLAG] = entry.type().flag();
        HeaderField.MAGIC.putText(block, MAGIC, 0, MAGIC.length);
        HeaderField.DEVMAJOR.putNumber(block, entry.major());
        HeaderField.DEVMINOR.putNumber(block, entry.minor());
        entry.xattrs().forEach(pax::xattr);
        return pax.bytes();
    }

    private static void putName(byte[] block, byte[] name, PaxText pax) {
        int last = HeaderField.NAME.length();
        if (name.length > last) {
            int slash = prefixEnd(name);
            if (slash > 0) {
                HeaderField.PREFIX.putText(block, name, 0, slash);
                HeaderField.NAME.putText(block, name, slash + 1, name.length);
                return;
            }
        }
        putText(block, HeaderField.NAME, name, PaxRecords.PATH, pax);
    }

    /** The slash to split a name at, so that both parts fit and neither is empty; 0 if there is none. */
    private static int prefixEnd(byte[] name) {
        for (int i = Math.min(HeaderField.PREFIX.length(), name.length - 2); i > 0; i--) {
            if (name[i] == '/') {
                return name.length - i - 1 <= HeaderField.NAME.length() ? i : 0;
            }
        }
        return 0;
    }

    private static void putText(byte[] block, HeaderField field, byte[] text, String key, PaxText pax) {
        field.putText(block, text, 0, text.length);
        if (text.length > field.length()) {
            pax.record(key, text);
        }
    }

    private static void putNumber(byte[] block, HeaderField field, long value, String key, PaxText pax) {
        if (field.fitsNumber(value)) {
            field.putNumber(block, value);
        } else {
            field.putNumber(block, 0);
            pax.record(key, Long.toString(value).getBytes(US_ASCII));
        }
    }

    private static void putTime(byte[] block, TarEntry entry, PaxText pax) {
        boolean fits = HeaderField.MTIME.fitsNumber(entry.mtime());
        HeaderField.MTIME.putNumber(block, fits ? entry.mtime() : 0);
        if (!fits || entry.nanos() != 0) {
            pax.record(PaxRecords.MTIME, new PaxTime(entry.mtime(), entry.nanos()).text());
        }
    }

    private static void checkName(TarEntry entry, String what, byte[] name) {
        if (PaxRecords.indexOf(name, (byte) 0, 0, name.length) < name.length) {
            throw Failure.invalid(what + ": got a NUL in it").during(TarEntry.describe(entry.name()));
        }
    }
}
