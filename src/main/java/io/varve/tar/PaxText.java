package io.varve.tar;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.Base64;

/** PAX records being written, as {@link PaxRecords} reads them. */
final class PaxText {
    private final ByteArrayOutputStream records = new ByteArrayOutputStream();

    /** The data of a PAX header; nothing if there is no record. */
    byte[] bytes() {
        return records.toByteArray();
    }

    void record(String key, byte[] value) {
        record(key.getBytes(UTF_8), value);
    }

    void xattr(TarXattr xattr) {
        boolean plain = PaxRecords.indexOf(xattr.name(), (byte) '=', 0, xattr.name().length) == xattr.name().length;
        if (plain) {
            record(joined(PaxRecords.XATTR, xattr.name()), xattr.value());
        } else {
            // A key ends at the first equals sign, so the name needs the encoding that has none.
            byte[] key = joined(PaxRecords.ENCODED_XATTR, percentEncoded(xattr.name()));
            record(key, Base64.getEncoder().withoutPadding().encode(xattr.value()));
        }
    }

    private void record(byte[] key, byte[] value) {
        // Blank, equals sign, line feed.
        int rest = key.length + value.length + 3;
        int length = rest + digits(rest);
        // Counting its own digits may take one more of them.
        length = rest + digits(length);
        records.writeBytes(Integer.toString(length).getBytes(US_ASCII));
        records.write(' ');
        records.writeBytes(key);
        records.write('=');
        records.writeBytes(value);
        records.write('\n');
    }

    private static int digits(int number) {
        return Integer.toString(number).length();
    }

    private static byte[] percentEncoded(byte[] name) {
        ByteArrayOutputStream encoded = new ByteArrayOutputStream();
        for (byte b : name) {
            if (b == '=' || b == '%') {
                encoded.write('%');
                encoded.write(Character.toUpperCase(Character.forDigit(b >> 4, 16)));
                encoded.write(Character.toUpperCase(Character.forDigit(b & 0xF, 16)));
            } else {
                encoded.write(b);
            }
        }
        return encoded.toByteArray();
    }

    private static byte[] joined(String prefix, byte[] name) {
        ByteArrayOutputStream key = new ByteArrayOutputStream();
        key.writeBytes(prefix.getBytes(US_ASCII));
        key.writeBytes(name);
        return key.toByteArray();
    }
}
