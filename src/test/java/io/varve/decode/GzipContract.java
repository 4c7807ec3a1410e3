package io.varve.decode;

import static io.varve.decode.Streams.always;
import static io.varve.decode.Streams.concat;
import static io.varve.decode.Streams.content;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Compression;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a decoder of gzip does, whatever inflates. */
abstract class GzipContract extends DecoderContract.Checked {
    private static final int FHCRC = 2;
    private static final int FEXTRA = 4;
    private static final int FNAME = 8;
    private static final int FCOMMENT = 16;
    private static final int HEADER_BYTES = 10;

    private final String invalidBlock;

    /** @param invalidBlock the inflater's words for a block of the type that does not exist */
    GzipContract(boolean isal, String invalidBlock) {
        super(Compression.GZIP, limits(isal));
        this.invalidBlock = invalidBlock;
    }

    private static DecodeLimits limits(boolean isal) {
        DecodeLimits defaults = DecodeLimits.DEFAULTS;
        return new DecodeLimits(
                defaults.inflatedBytes(), defaults.ratio(), defaults.ratioFloor(), defaults.zstdWindowLog(), isal);
    }

    @Override
    final byte[] encode(byte[] content) {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
            gzip.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return compressed.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 20, 24, 28, 30, 31})
    void readsEveryCombinationOfHeaderFields(int flags) {
        byte[] content = content(flags, 500);
        byte[] member = withHeader(header(flags, 300, "layer.tar", "a comment"), content);
        assertThat(decode(concat(member, member), always(1), always(100))).isEqualTo(concat(content, content));
        assertThat(decode(member, always(9_999), always(9_999))).isEqualTo(content);
    }

    @Test
    void readsEmptyExtraFieldAndEmptyTexts() {
        byte[] content = content(1, 50);
        byte[] member = withHeader(header(FEXTRA | FNAME | FCOMMENT | FHCRC, 0, "", ""), content);
        assertThat(decode(member, always(1), always(100))).isEqualTo(content);
    }

    @Test
    void refusesHeaderCutShortInAnyField() {
        byte[] member = withHeader(header(FEXTRA | FNAME | FCOMMENT | FHCRC, 5, "name", "comment"), new byte[0]);
        for (int length = 0; length < member.length; length++) {
            assertThat(refusal(Arrays.copyOf(member, length)).wrong())
                    .startsWith("truncated: ends in the ")
                    .endsWith("at compressed byte " + length);
        }
    }

    @Test
    void refusesWrongHeaderChecksum() {
        byte[] member = withHeader(header(FHCRC | FNAME, 0, "name", ""), new byte[0]);
        member[HEADER_BYTES] ^= 1;
        Failure failure = refusal(member);
        assertThat(failure.category()).isEqualTo(Category.INVALID);
        assertThat(failure.wrong())
                .matches("checksum of the gzip header: got ....," + " wanted ...., at compressed byte "
                        + (HEADER_BYTES + "name".length() + 1));
    }

    @Test
    void acceptsLongestTextAndRefusesLonger() {
        byte[] content = content(2, 50);
        String longest = "n".repeat(0xffff);
        byte[] member = withHeader(header(FNAME | FCOMMENT, 0, longest, longest), content);
        assertThat(decode(member, always(1_000), always(100))).isEqualTo(content);

        assertThat(refusal(withHeader(header(FNAME, 0, longest + "n", ""), content))
                        .wrong())
                .startsWith("name in the gzip header: more than 65535 bytes");
        assertThat(refusal(withHeader(header(FCOMMENT, 0, "", longest + "n"), content))
                        .wrong())
                .startsWith("comment in the gzip header: more than 65535 bytes");
    }

    @ParameterizedTest
    @ValueSource(ints = {0x20, 0x40, 0x80})
    void refusesReservedFlags(int flag) {
        assertThat(refusal(withHeader(header(flag, 0, "", ""), new byte[0])).wrong())
                .isEqualTo("reserved flags in the gzip header: %02x, at compressed byte 3".formatted(flag));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void refusesWrongMagicOrMethod(int index) {
        byte[] member = encode(new byte[0]);
        member[index] ^= 1;
        assertThat(refusal(member).wrong())
                .isEqualTo("no gzip member: byte %d of its header is %02x, at compressed byte %d"
                        .formatted(index, member[index] & 0xff, index));
    }

    @Test
    void refusesWrongChecksumAndWrongSize() {
        byte[] first = encode(content(3, 1_000));
        byte[] wrongChecksum = concat(first, encode(content(4, 1_000)));
        int trailer = wrongChecksum.length - 8;
        wrongChecksum[trailer] ^= 1;
        assertThat(refusal(wrongChecksum).wrong())
                .matches("checksum of a gzip member: got .{8}, wanted .{8}, at compressed byte " + trailer);

        byte[] wrongSize = concat(first, encode(content(4, 1_000)));
        wrongSize[wrongSize.length - 1] ^= (byte) 0x80;
        assertThat(refusal(wrongSize).wrong())
                .isEqualTo("size of a gzip member modulo 2^32: got 1000, wanted 2147484648, at compressed byte "
                        + (trailer + 4));
    }

    @Test
    void saysWhereDeflateDataIsCorrupt() {
        byte[] first = encode(content(5, 1_000));
        byte[] corrupt = concat(first, encode(new byte[0]));
        corrupt[first.length + HEADER_BYTES] = 7; // a last block of the type that does not exist
        Failure failure = refusal(corrupt);
        assertThat(failure)
                .hasMessage("Invalid: decode gzip: deflate data: " + invalidBlock + ", at compressed byte "
                        + (first.length + HEADER_BYTES + 1));
    }

    @Test
    void acceptsZeroPaddingAndNothingBehindIt() {
        byte[] content = content(6, 1_000);
        byte[] padded = concat(encode(content), new byte[10_000]);
        assertThat(decode(padded, always(1), always(999))).isEqualTo(content);
        assertThat(decode(padded, always(20_000), always(20_000))).isEqualTo(content);

        byte[] member = encode(content);
        assertThat(refusal(concat(padded, member)).wrong())
                .isEqualTo("garbage behind the zero padding: 1f, at compressed byte " + padded.length);
    }

    @Test
    void refusesPaddingBeforeTheFirstMember() {
        assertThat(refusal(concat(new byte[1], encode(new byte[0]))).wrong()).startsWith("no gzip member: byte 0");
    }

    @ParameterizedTest
    @ValueSource(ints = {Deflater.NO_COMPRESSION, Deflater.BEST_SPEED, Deflater.BEST_COMPRESSION})
    void decodesEveryLevel(int level) {
        byte[] content = content(7, 300_000);
        byte[] member = withHeader(header(0, 0, "", ""), content, level);
        assertThat(decode(member, Streams.random(7, 70_000), Streams.random(8, 70_000)))
                .isEqualTo(content);
    }

    private static byte[] header(int flags, int extraLength, String name, String comment) {
        ByteArrayOutputStream header = new ByteArrayOutputStream();
        header.writeBytes(new byte[] {0x1f, (byte) 0x8b, 8, (byte) flags, 1, 2, 3, 4, 2, 3});
        if ((flags & FEXTRA) != 0) {
            littleEndian(header, extraLength, 2);
            header.writeBytes(content(8, extraLength));
        }
        if ((flags & FNAME) != 0) {
            header.writeBytes(name.getBytes(ISO_8859_1));
            header.write(0);
        }
        if ((flags & FCOMMENT) != 0) {
            header.writeBytes(comment.getBytes(ISO_8859_1));
            header.write(0);
        }
        if ((flags & FHCRC) != 0) {
            littleEndian(header, crc(header.toByteArray()), 2);
        }
        return header.toByteArray();
    }

    private static byte[] withHeader(byte[] header, byte[] content) {
        return withHeader(header, content, Deflater.DEFAULT_COMPRESSION);
    }

    private static byte[] withHeader(byte[] header, byte[] content, int level) {
        ByteArrayOutputStream member = new ByteArrayOutputStream();
        member.writeBytes(header);
        try (Deflater deflater = new Deflater(level, true)) {
            deflater.setInput(content);
            deflater.finish();
            byte[] piece = new byte[4_096];
            while (!deflater.finished()) {
                member.write(piece, 0, deflater.deflate(piece));
            }
        }
        littleEndian(member, crc(content), 4);
        littleEndian(member, content.length, 4);
        return member.toByteArray();
    }

    private static long crc(byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return crc.getValue();
    }

    private static void littleEndian(ByteArrayOutputStream to, long number, int size) {
        for (int i = 0; i < size; i++) {
            to.write((int) (number >>> (8 * i)));
        }
    }
}
