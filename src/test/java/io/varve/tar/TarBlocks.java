package io.varve.tar;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;

/** Builds tars block by block, right and wrong ones, without the code under test. Strings are bytes of ISO 8859-1. */
final class TarBlocks {
    static final int BLOCK = 512;

    private final ByteArrayOutputStream tar = new ByteArrayOutputStream();

    /** A header block to be filled; its checksum is put in when it is added. */
    static final class Header {
        final byte[] block = new byte[BLOCK];

        static Header ustar(char flag, String name, long size) {
            return new Header()
                    .text(0, name)
                    .octal(100, 8, 0644)
                    .octal(108, 8, 1)
                    .octal(116, 8, 2)
                    .octal(124, 12, size)
                    .octal(136, 12, 1_000)
                    .text(156, String.valueOf(flag))
                    .text(257, "ustar\0" + "00");
        }

        static Header gnu(char flag, String name, long size) {
            return ustar(flag, name, size).text(257, "ustar  \0");
        }

        static Header v7(char flag, String name, long size) {
            return ustar(flag, name, size).text(257, "\0\0\0\0\0\0\0\0");
        }

        Header link(String link) {
            return text(157, link);
        }

        Header text(int at, String text) {
            byte[] bytes = text.getBytes(ISO_8859_1);
            System.arraycopy(bytes, 0, block, at, bytes.length);
            return this;
        }

        Header octal(int at, int width, long value) {
            return text(at, String.format("%0" + (width - 1) + "o", value) + "\0");
        }

        /** Two's complement with the marker bit. */
        Header binary(int at, int width, long value) {
            for (int i = 0; i < width; i++) {
                int shift = 8 * (width - 1 - i);
                block[at + i] = (byte) (shift >= 64 ? value >> 63 : value >> shift);
            }
            block[at] |= (byte) 0x80;
            return this;
        }

        Header checksum(long sum) {
            return text(148, String.format("%06o\0 ", sum));
        }

        long sum(boolean signed) {
            long sum = 0;
            for (int i = 0; i < BLOCK; i++) {
                boolean own = i >= 148 && i < 156;
                sum += own ? ' ' : signed ? block[i] : block[i] & 0xFF;
            }
            return sum;
        }
    }

    TarBlocks header(Header header) {
        return raw(header.checksum(header.sum(false)).block);
    }

    TarBlocks raw(byte[] bytes) {
        tar.writeBytes(bytes);
        return this;
    }

    /** Data, padded. */
    TarBlocks data(byte[] bytes) {
        tar.writeBytes(bytes);
        tar.writeBytes(new byte[-bytes.length & (BLOCK - 1)]);
        return this;
    }

    TarBlocks data(String text) {
        return data(text.getBytes(ISO_8859_1));
    }

    TarBlocks file(String name, String data) {
        return header(Header.ustar('0', name, data.length())).data(data);
    }

    /** A header of its own with data: x, g, L, K. */
    TarBlocks extension(char flag, String data) {
        return header(Header.ustar(flag, "extension", data.length())).data(data);
    }

    TarBlocks pax(String... keysAndValues) {
        return extension('x', records(keysAndValues));
    }

    TarBlocks global(String... keysAndValues) {
        return extension('g', records(keysAndValues));
    }

    TarBlocks end() {
        return raw(new byte[2 * BLOCK]);
    }

    byte[] bytes() {
        return tar.toByteArray();
    }

    static String records(String... keysAndValues) {
        StringBuilder records = new StringBuilder();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            String rest = " " + keysAndValues[i] + "=" + keysAndValues[i + 1] + "\n";
            int length = rest.length();
            while (String.valueOf(length).length() + rest.length() != length) {
                length++;
            }
            records.append(length).append(rest);
        }
        return records.toString();
    }

    static byte[] utf8(String text) {
        return text.getBytes(UTF_8);
    }
}
