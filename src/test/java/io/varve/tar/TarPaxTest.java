package io.varve.tar;

import static io.varve.tar.Reading.content;
import static io.varve.tar.Reading.link;
import static io.varve.tar.Reading.names;
import static io.varve.tar.Reading.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.tar.TarBlocks.Header;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What PAX headers say about members, and that bad ones are refused. */
class TarPaxTest {

    private static TarEntry described(String... records) {
        return read(new TarBlocks().pax(records).header(Header.ustar('0', "f", 0)))
                .getFirst();
    }

    @Test
    void putsRecordsOverHeader() {
        byte[] tar = new TarBlocks()
                .pax("path", "long/path", "linkpath", "unused", "size", "5", "uid", "4294967295", "gid", "3000000000")
                .header(Header.ustar('0', "short", 100))
                .data("12345")
                .file("next", "67890")
                .bytes();

        List<TarEntry> entries = read(tar);

        TarEntry entry = entries.getFirst();
        assertThat(names(entries)).containsExactly("long/path", "next");
        assertThat(link(entry)).isEmpty();
        assertThat(entry.uid()).isEqualTo(4_294_967_295L);
        assertThat(entry.gid()).isEqualTo(3_000_000_000L);
        assertThat(entry.offset()).isZero();
        assertThat(content(tar, entry)).asString().isEqualTo("12345");
        assertThat(content(tar, entries.get(1))).asString().isEqualTo("67890");
    }

    @ParameterizedTest
    @CsvSource({
        "0, 0, 0",
        "1350244992.023960108, 1350244992, 23960108",
        "1.5, 1, 500000000",
        "1., 1, 0",
        "1.9999999999, 1, 999999999",
        "-1, -1, 0",
        "-0.25, -1, 750000000",
        "-1.5, -2, 500000000",
        "-1.0000000001, -2, 999999999",
        "-1.9999999999, -2, 0",
        "9223372036854775807, 9223372036854775807, 0",
    })
    void readsTimesExactlyAndRoundsFinerOnesDown(String text, long seconds, int nanos) {
        TarEntry entry = described("mtime", text);

        assertThat(entry.mtime()).isEqualTo(seconds);
        assertThat(entry.nanos()).isEqualTo(nanos);
    }

    @ParameterizedTest
    @CsvSource({"x", "''", "-", ".5", "1.5x", "1e3", "1..2", "9223372036854775808", "-9223372036854775807.5", "--1"})
    void refusesBadTimesUnlessEmpty(String text) {
        if (text.isEmpty()) {
            assertThat(described("mtime", text).mtime()).isEqualTo(1_000);
        } else {
            assertThatThrownBy(() -> described("mtime", text)).hasMessageContaining("mtime: got ");
        }
    }

    @Test
    void readsXattrsRawAndEncodedSortedLastOneWins() {
        TarEntry entry = described(
                "SCHILY.xattr.user.b", "old",
                "SCHILY.xattr.user.b", "with\nall = of\0it",
                "SCHILY.xattr.user.a", "",
                "LIBARCHIVE.xattr.security.c%61p%3D", "AQID",
                "LIBARCHIVE.xattr.user.z", "eg==");

        assertThat(entry.xattrs())
                .containsExactly(
                        TarXattr.of("security.cap=", new byte[] {1, 2, 3}),
                        TarXattr.of("user.a", new byte[0]),
                        TarXattr.of("user.b", TarBlocks.utf8("with\nall = of\0it")),
                        TarXattr.of("user.z", TarBlocks.utf8("z")));
    }

    @Test
    void ignoresRecordsItHasNoUseFor() {
        TarEntry entry =
                described("comment", "x", "atime", "rubbish", "uname", "me", "GNU.sparse.other", "1", "VENDOR", "");

        assertThat(names(List.of(entry))).containsExactly("f");
    }

    /** A member's own records are over them, wherever they stand, and what those take back is the header's again. */
    @Test
    void globalRecordsHoldWhereAMembersOwnSayNothing() {
        List<TarEntry> entries = read(new TarBlocks()
                .global("uid", "77", "gid", "88", "mtime", "5", "path", "g", "SCHILY.xattr.user.a", "1")
                .pax("uid", "", "mtime", "", "path", "", "SCHILY.xattr.user.b", "2", "SCHILY.xattr.user.c", "3")
                .global("uid", "99", "gid", "66", "SCHILY.xattr.user.c", "4")
                .file("first", "")
                .file("second", ""));

        TarEntry first = entries.getFirst();
        assertThat(names(entries)).containsExactly("first", "g");
        assertThat(first.uid()).isEqualTo(1);
        assertThat(first.gid()).isEqualTo(66);
        assertThat(first.mtime()).isEqualTo(1_000);
        assertThat(first.xattrs())
                .containsExactly(
                        TarXattr.of("user.a", new byte[] {'1'}),
                        TarXattr.of("user.b", new byte[] {'2'}),
                        TarXattr.of("user.c", new byte[] {'3'}));
        assertThat(entries.getLast().uid()).isEqualTo(99);
        assertThat(entries.getLast().mtime()).isEqualTo(5);
        assertThat(entries.getLast().xattrs())
                .containsExactly(TarXattr.of("user.a", new byte[] {'1'}), TarXattr.of("user.c", new byte[] {'4'}));
    }

    @Test
    void appliesGlobalRecordsToAllThatFollow() {
        List<TarEntry> entries = read(new TarBlocks()
                .file("before", "")
                .global("mtime", "5.5", "uid", "77", "SCHILY.xattr.user.g", "g")
                .file("a", "")
                .pax("uid", "78", "mtime", "", "SCHILY.xattr.user.own", "o")
                .file("b", "")
                .global("uid", "", "gid", "99")
                .file("c", ""));

        assertThat(entries).extracting(TarEntry::uid).containsExactly(1L, 77L, 78L, 1L);
        assertThat(entries).extracting(TarEntry::gid).containsExactly(2L, 2L, 2L, 99L);
        assertThat(entries).extracting(TarEntry::mtime).containsExactly(1_000L, 5L, 1_000L, 5L);
        assertThat(entries).extracting(e -> e.xattrs().size()).containsExactly(0, 1, 2, 1);
        assertThat(entries).extracting(TarEntry::offset).containsExactly(0L, 1536L, 2048L, 4608L);
    }

    @Test
    void replacesHeaderOfMemberByLaterOne() {
        List<TarEntry> entries = read(new TarBlocks()
                .pax("path", "first", "uid", "5")
                .pax("uid", "6")
                .file("own", "")
                .file("next", ""));

        assertThat(names(entries)).containsExactly("own", "next");
        assertThat(entries).extracting(TarEntry::uid).containsExactly(6L, 1L);
        assertThat(entries).extracting(TarEntry::offset).containsExactly(0L, 2560L);
    }

    @ParameterizedTest
    @CsvSource({
        "path, a\0b",
        "linkpath, a\0b",
        "SCHILY.xattr.user.a\0b, v",
        "LIBARCHIVE.xattr.user.a%00b, dg",
        "a\0b, v"
    })
    void refusesNulInNames(String key, String value) {
        assertThatThrownBy(() -> described(key, value))
                .hasMessageStartingWith("Invalid: entry \"extension\" at offset 0: PAX record at offset 512: ")
                .hasMessageEndingWith("got a NUL in it");
    }

    @ParameterizedTest
    @CsvSource({
        "size, -1",
        "size, 1.5",
        "size, 9223372036854775808",
        "uid, -5",
        "gid, +5",
        "SCHILY.xattr., v",
        "LIBARCHIVE.xattr.user.a, *",
        "LIBARCHIVE.xattr.user.%4, AQ",
        "GNU.sparse.map, 1",
        "GNU.sparse.numbytes, 1"
    })
    void refusesBadValues(String key, String value) {
        assertThatThrownBy(() -> described(key, value))
                .hasMessageStartingWith("Invalid: entry \"extension\" at offset 0: PAX record at offset 512: ");
    }

    @ParameterizedTest
    @CsvSource({
        "'9 key=val'",
        "'10 key=val\n'",
        "'key=val\n'",
        "'11 key=val\0'",
        "' key=val\n'",
        "'11 key=val \n'",
        "'4 =\n'",
        "'8 novalue\n'",
        "'-11 key=val\n'",
        "'3 \n'",
        "'99999999999999999999 a=b\n'",
        "'0 a=b\n'",
        "'\0'"
    })
    void refusesMalformedRecords(String record) {
        TarBlocks tar = new TarBlocks()
                .extension('x', "15 comment=fine\n".replace("15", "16") + record)
                .file("f", "");

        assertThatThrownBy(() -> read(tar))
                .hasMessageStartingWith("Invalid: entry \"extension\" at offset 0: PAX record at offset 528: ");
    }

    @Test
    void refusesIdsBeyond32Bits() {
        assertThatThrownBy(() -> described("uid", "4294967296"))
                .hasMessage("Invalid: entry \"f\" at offset 0: uid: got 4294967296, wanted 0 to 4294967295");
    }
}
