package io.varve.tar;

import static io.varve.tar.Reading.content;
import static io.varve.tar.Reading.link;
import static io.varve.tar.Reading.name;
import static io.varve.tar.Reading.names;
import static io.varve.tar.Reading.read;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import io.varve.tar.TarBlocks.Header;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the headers of each format mean. */
class TarReaderTest {

    @Test
    void saysWhereDataStands() {
        byte[] tar = new TarBlocks()
                .file("a", "hello")
                .file("empty", "")
                .file("b", "x".repeat(512))
                .file("c", "end")
                .end()
                .bytes();

        List<TarEntry> entries = read(tar);

        assertThat(names(entries)).containsExactly("a", "empty", "b", "c");
        assertThat(entries).extracting(TarEntry::offset).containsExactly(0L, 1024L, 1536L, 2560L);
        assertThat(entries.getFirst().extents()).containsExactly(0, 5, 512);
        assertThat(entries.get(1).extents()).isEmpty();
        assertThat(content(tar, entries.get(2))).isEqualTo("x".repeat(512).getBytes(ISO_8859_1));
        assertThat(content(tar, entries.get(3))).asString().isEqualTo("end");
    }

    @Test
    void takesFieldsFromTheHeader() {
        Header header = Header.ustar('0', "f", 3).octal(100, 8, 0104755).octal(108, 8, 07777777);
        TarEntry entry = read(new TarBlocks().header(header).data("abc")).getFirst();

        assertThat(entry.type()).isEqualTo(TarType.REGULAR);
        assertThat(entry.mode()).isEqualTo(04755);
        assertThat(entry.uid()).isEqualTo(07777777);
        assertThat(entry.gid()).isEqualTo(2);
        assertThat(entry.mtime()).isEqualTo(1_000);
        assertThat(entry.nanos()).isZero();
        assertThat(entry.size()).isEqualTo(3);
        assertThat(entry.xattrs()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "0, REGULAR",
        "7, REGULAR",
        "1, HARDLINK",
        "2, SYMLINK",
        "3, CHARACTER",
        "4, BLOCK",
        "5, DIRECTORY",
        "6, FIFO"
    })
    void knowsTypeOfEachFlag(char flag, TarType type) {
        TarEntry entry = read(new TarBlocks().header(Header.ustar(flag, "n", 0).link("target")))
                .getFirst();

        assertThat(entry.type()).isEqualTo(type);
        assertThat(link(entry)).isEqualTo(flag == '1' || flag == '2' ? "target" : "");
    }

    @ParameterizedTest
    @CsvSource({"1", "2", "3", "4", "5", "6"})
    void takesNoDataForWhatIsNoFileWhateverItsSizeSays(char flag) {
        byte[] tar = new TarBlocks()
                .header(Header.ustar(flag, "n", 700).link("target"))
                .file("next", "data")
                .bytes();

        assertThat(names(read(tar))).containsExactly("n", "next");
        assertThat(read(tar).getFirst().size()).isZero();
    }

    @Test
    void takesNulFlagForFileAndTrailingSlashForDirectory() {
        List<TarEntry> entries = read(new TarBlocks()
                .header(Header.v7('\0', "file", 2))
                .data("hi")
                .header(Header.v7('\0', "dir/", 0))
                .header(Header.ustar('0', "dir2/", 0)));

        assertThat(entries)
                .extracting(TarEntry::type)
                .containsExactly(TarType.REGULAR, TarType.DIRECTORY, TarType.DIRECTORY);
        assertThat(name(entries.get(1))).isEqualTo("dir/");
    }

    @Test
    void refusesDataOfDirectoryInFilesClothing() {
        byte[] tar = new TarBlocks().file("dir/", "data").bytes();

        assertThatThrownBy(() -> read(tar))
                .hasMessage("Invalid: entry \"dir/\" at offset 0: got data of 4 bytes, wanted no data for a DIRECTORY");
    }

    @Test
    void joinsPrefixOfUstarAndStarOnly() {
        String prefix = "p".repeat(140);
        List<TarEntry> entries = read(new TarBlocks()
                .header(Header.ustar('0', "n", 0).text(345, prefix))
                .header(Header.ustar('0', "n", 0)
                        .text(345, prefix.substring(0, 131))
                        .text(476, "00000000000 00000000000 ")
                        .text(508, "tar\0"))
                .header(Header.v7('0', "n", 0).text(345, prefix))
                .header(Header.gnu('0', "n", 0).octal(345, 12, 1).octal(357, 12, 2)));

        assertThat(names(entries)).containsExactly(prefix + "/n", prefix.substring(0, 131) + "/n", "n", "n");
    }

    @Test
    void joinsPrefixThatOldGoWroteOverTimesOfGnuHeader() {
        Header header = Header.gnu('0', "n", 0).text(345, "some/directory");

        assertThat(names(read(new TarBlocks().header(header)))).containsExactly("some/directory/n");
    }

    @Test
    void fillsWholeNameFieldWithoutNul() {
        String name = "n".repeat(100);

        assertThat(names(read(new TarBlocks().header(Header.ustar('0', name, 0)))))
                .containsExactly(name);
    }

    @Test
    void keepsNamesAsBytes() {
        String name = "\u00ff\u00fe/./x//..";
        List<TarEntry> entries =
                read(new TarBlocks().header(Header.ustar('2', name, 0).link("\u0080/../")));

        assertThat(names(entries)).containsExactly(name);
        assertThat(link(entries.getFirst())).isEqualTo("\u0080/../");
    }

    @Test
    void takesDeviceNumbersOfDevicesOnly() {
        List<TarEntry> entries = read(new TarBlocks()
                .header(Header.ustar('3', "c", 0).octal(329, 8, 4095).octal(337, 8, 1_048_575))
                .header(Header.ustar('0', "f", 0).octal(329, 8, 1).octal(337, 8, 3)));

        assertThat(entries).extracting(TarEntry::major).containsExactly(4095, 0);
        assertThat(entries).extracting(TarEntry::minor).containsExactly(1_048_575, 0);
    }

    @Test
    void understandsBinaryNumbers() {
        Header header = Header.ustar('0', "f", 0).binary(136, 12, -3).binary(108, 8, 0xFFFF_FFFFL);
        TarEntry entry = read(new TarBlocks().header(header)).getFirst();

        assertThat(entry.mtime()).isEqualTo(-3);
        assertThat(entry.uid()).isEqualTo(0xFFFF_FFFFL);
    }

    @Test
    void understandsSizeBeyondOctalField() {
        List<TarEntry> entries = new ArrayList<>();
        TarReader reader = new TarReader(TarLimits.DEFAULTS, entries::add);

        reader.accept(Unpooled.wrappedBuffer(new TarBlocks()
                .header(Header.gnu('0', "f", 0).binary(124, 12, 1L << 40))
                .bytes()));

        assertThat(entries.getFirst().extents()).containsExactly(0, 1L << 40, 512);
        assertThatThrownBy(reader::finish)
                .hasMessage("Invalid: entry \"f\" at offset 0: got the end of the tar, wanted 1099511627776 more bytes"
                        + " of data");
    }

    @ParameterizedTest
    @CsvSource({
        "'0000644 '",
        "' 000644 '",
        "'   644\0\0'",
        "'\0\0\0000644'",
        "'644\0junk'",
        "'644 \0\0\0\0'",
        "'00000644'"
    })
    void understandsOctalNumbersAsTheyAreWritten(String field) {
        Header header = Header.ustar('0', "f", 0).text(100, field);

        assertThat(read(new TarBlocks().header(header)).getFirst().mode()).isEqualTo(0644);
    }

    @ParameterizedTest
    @CsvSource({"'64x4\0\0\0\0'", "'6 44\0\0\0\0'", "'-644\0\0\0\0'", "'0000698\0'", "'0x1ff\0\0\0'"})
    void refusesWhatIsNoOctalNumber(String field) {
        Header header = Header.ustar('0', "f", 0).text(100, field);

        assertThatThrownBy(() -> read(new TarBlocks().header(header)))
                .hasMessageStartingWith("Invalid: entry \"f\" at offset 0: mode: got \"")
                .hasMessageEndingWith("\", wanted octal digits");
    }

    @Test
    void acceptsChecksumOfSignedBytes() {
        Header header = Header.ustar('0', "\u00e9\u00e8", 0);
        byte[] block = header.checksum(header.sum(true)).block;

        assertThat(names(read(block))).containsExactly("\u00e9\u00e8");
    }

    @Test
    void refusesWrongChecksum() {
        Header header = Header.ustar('0', "a/b", 0);
        long sum = header.sum(false);
        byte[] tar = new TarBlocks()
                .file("first", "")
                .raw(header.checksum(sum + 1).block)
                .bytes();

        assertThatThrownBy(() -> read(tar))
                .hasMessage(
                        "Invalid: entry \"a/b\" at offset 512: header checksum: got " + (sum + 1) + ", wanted " + sum);
    }

    @Test
    void prefersLongNamesOfGnu() {
        byte[] tar = new TarBlocks()
                .pax("path", "pax", "linkpath", "paxlink")
                .extension('L', "first")
                .extension('L', "long/name\0junk")
                .extension('K', "long/link\0")
                .header(Header.gnu('2', "short", 0).link("shortlink"))
                .header(Header.gnu('2', "next", 0).link("nextlink"))
                .bytes();

        List<TarEntry> entries = read(tar);

        assertThat(names(entries)).containsExactly("long/name", "next");
        assertThat(entries).extracting(Reading::link).containsExactly("long/link", "nextlink");
        assertThat(entries).extracting(TarEntry::offset).containsExactly(0L, 9 * 512L);
    }

    @Test
    void skipsVolumeLabelAndDataOfDumpedDirectory() {
        byte[] tar = new TarBlocks()
                .header(Header.gnu('V', "label", 0))
                .header(Header.gnu('D', "dir/", 5))
                .data("Yfoo\0")
                .file("f", "data")
                .bytes();

        List<TarEntry> entries = read(tar);

        assertThat(names(entries)).containsExactly("dir/", "f");
        assertThat(entries.getFirst().type()).isEqualTo(TarType.DIRECTORY);
        assertThat(content(tar, entries.get(1))).asString().isEqualTo("data");
    }

    @ParameterizedTest
    @CsvSource({"8", "9", "A", "M", "N", "X", "s"})
    void refusesTypesItDoesNotKnow(char flag) {
        byte[] tar = new TarBlocks()
                .file("a", "")
                .header(Header.ustar(flag, "odd", 0))
                .bytes();

        assertThatThrownBy(() -> read(tar))
                .hasMessageStartingWith("Invalid: entry \"odd\" at offset 512: type flag: got '" + flag + "' (");
    }

    @Test
    void endsAtOneBlockOfZeros() {
        byte[] tar = new TarBlocks()
                .file("a", "x")
                .raw(new byte[512])
                .raw("anything at all".repeat(100).getBytes(ISO_8859_1))
                .bytes();
        TarReader reader = new TarReader(
                TarLimits.DEFAULTS, entry -> assertThat(name(entry)).isEqualTo("a"));

        reader.accept(Unpooled.wrappedBuffer(tar));
        reader.finish();

        assertThat(reader.offset()).isEqualTo(tar.length);
    }

    @Test
    void endsCleanlyWithoutEndBlockOrPadding() {
        byte[] tar = new TarBlocks()
                .header(Header.ustar('0', "a", 5))
                .raw(new byte[] {1, 2, 3, 4, 5})
                .bytes();

        assertThat(names(read(tar))).containsExactly("a");
        assertThat(read(new byte[0])).isEmpty();
        assertThat(read(new byte[512])).isEmpty();
    }

    @Test
    void refusesEndInTheMiddleOfMember() {
        byte[] tar =
                new TarBlocks().file("a", "").pax("path", "p").file("f", "data").bytes();

        assertThatThrownBy(() -> read(Arrays.copyOf(tar, 612)))
                .hasMessage("Invalid: entry at offset 512: got the end of the tar, wanted 412 more bytes of a header");
        assertThatThrownBy(() -> read(Arrays.copyOf(tar, 1025)))
                .hasMessage("Invalid: entry \"extension\" at offset 512: got the end of the tar, wanted 8 more bytes of"
                        + " an extended header");
        assertThatThrownBy(() -> read(Arrays.copyOf(tar, 1536)))
                .hasMessage("Invalid: entry \"extension\" at offset 512: got the end of the tar, wanted the member that"
                        + " an extended header describes");
        assertThatThrownBy(() -> read(Arrays.copyOf(tar, 2050)))
                .hasMessage("Invalid: entry \"p\" at offset 512: got the end of the tar, wanted 2 more bytes of data");
    }

    @Test
    void refusesEndBlockBehindExtension() {
        byte[] tar = new TarBlocks().pax("path", "p").end().bytes();

        assertThatThrownBy(() -> read(tar)).hasMessageContaining("wanted the member that an extended header describes");
    }

    @Test
    void handsOutEntryBeforeItsData() {
        List<TarEntry> entries = new ArrayList<>();
        TarReader reader = new TarReader(TarLimits.DEFAULTS, entries::add);

        reader.accept(Unpooled.wrappedBuffer(new TarBlocks().file("a", "data").bytes(), 0, 512));

        assertThat(names(entries)).containsExactly("a");
    }

    @Test
    void refusesNumbersOutOfRange() {
        assertThatThrownBy(() ->
                        read(new TarBlocks().header(Header.ustar('0', "f", 0).binary(108, 8, 1L << 32))))
                .hasMessage("Invalid: entry \"f\" at offset 0: uid: got 4294967296, wanted 0 to 4294967295");
        assertThatThrownBy(() ->
                        read(new TarBlocks().header(Header.ustar('0', "f", 0).binary(116, 8, -1))))
                .hasMessageContaining("gid: got -1");
        assertThatThrownBy(() ->
                        read(new TarBlocks().header(Header.ustar('0', "f", 0).binary(124, 12, -1))))
                .hasMessageContaining("size: got -1");
        assertThatThrownBy(() ->
                        read(new TarBlocks().header(Header.ustar('3', "f", 0).octal(329, 8, 4096))))
                .hasMessageContaining("device major number: got 4096, wanted 0 to 4095");
        assertThatThrownBy(() ->
                        read(new TarBlocks().header(Header.ustar('0', "f", 0).binary(124, 12, Long.MAX_VALUE))))
                .hasMessageContaining("wanted an end below 2^63");
        Header wide = Header.ustar('0', "f", 0).text(124, "\u0080\1\0\0\0\0\0\0\0\0\0\0");
        assertThatThrownBy(() -> read(new TarBlocks().header(wide)))
                .hasMessageContaining("size: got a binary number of more than 64 bits");
    }

    @Test
    void refusesLinkWithoutTarget() {
        assertThatThrownBy(() -> read(new TarBlocks().header(Header.ustar('2', "l", 0))))
                .hasMessage("Invalid: entry \"l\" at offset 0: link target: got none, wanted one");
    }
}
