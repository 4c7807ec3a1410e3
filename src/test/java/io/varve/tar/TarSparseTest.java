package io.varve.tar;

import static io.varve.tar.Reading.content;
import static io.varve.tar.Reading.names;
import static io.varve.tar.Reading.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.tar.TarBlocks.Header;
import java.util.List;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The same file with holes in each of the four formats, and maps that lie. */
class TarSparseTest {
    private static final String SEEN = "\0\0ab\0cde\0\0";

    static List<Named> formats() {
        return List.of(
                new Named("old GNU", () -> gnu(10, "abcde", 2, 2, 5, 3, 10, 0)),
                new Named(
                        "PAX 0.0",
                        () -> pax(
                                "abcde",
                                "GNU.sparse.size",
                                "10",
                                "GNU.sparse.numblocks",
                                "3",
                                "GNU.sparse.offset",
                                "2",
                                "GNU.sparse.numbytes",
                                "2",
                                "GNU.sparse.offset",
                                "5",
                                "GNU.sparse.numbytes",
                                "3",
                                "GNU.sparse.offset",
                                "10",
                                "GNU.sparse.numbytes",
                                "0",
                                "path",
                                "sparse")),
                new Named(
                        "PAX 0.1",
                        () -> pax(
                                "abcde",
                                "GNU.sparse.size",
                                "10",
                                "GNU.sparse.numblocks",
                                "3",
                                "GNU.sparse.name",
                                "sparse",
                                "GNU.sparse.map",
                                "2,2,5,3,10,0")),
                new Named("PAX 1.0", () -> pax1("3\n2\n2\n5\n3\n10\n0\n", "abcde", 10)));
    }

    record Named(String name, Supplier<TarBlocks> tar) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static TarBlocks gnu(long size, String data, long... map) {
        Header header = Header.gnu('S', "sparse", data.length()).octal(483, 12, size);
        for (int i = 0; i < map.length; i++) {
            header.octal(386 + 12 * i, 12, map[i]);
        }
        return new TarBlocks().header(header).data(data);
    }

    private static TarBlocks pax(String data, String... records) {
        return new TarBlocks().pax(records).file("GNUSparseFile.0/sparse", data);
    }

    private static TarBlocks pax1(String map, String data, long size) {
        byte[] stored = new TarBlocks().data(map).bytes();
        return new TarBlocks()
                .pax(
                        "GNU.sparse.major",
                        "1",
                        "GNU.sparse.minor",
                        "0",
                        "GNU.sparse.name",
                        "sparse",
                        "GNU.sparse.realsize",
                        String.valueOf(size))
                .header(Header.ustar('0', "GNUSparseFile.0/sparse", stored.length + data.length()))
                .raw(stored)
                .data(data);
    }

    @ParameterizedTest
    @MethodSource("formats")
    void seesFileWithItsHoles(Named format) {
        byte[] tar = format.tar().get().file("next", "next").bytes();

        List<TarEntry> entries = read(tar);

        TarEntry entry = entries.getFirst();
        assertThat(names(entries)).containsExactly("sparse", "next");
        assertThat(entry.type()).isEqualTo(TarType.REGULAR);
        assertThat(entry.size()).isEqualTo(10);
        assertThat(entry.offset()).isZero();
        assertThat(entry.extents()).hasSize(6);
        assertThat(content(tar, entry)).asString().isEqualTo(SEEN);
        assertThat(content(tar, entries.get(1))).asString().isEqualTo("next");
    }

    @Test
    void followsOldGnuMapThroughMoreBlocks() {
        Header first = Header.gnu('S', "sparse", 100).octal(483, 12, 1_000).text(482, "\1");
        Header[] more = {new Header().text(504, "\1"), new Header(), new Header()};
        for (int i = 0; i < 4; i++) {
            first.octal(386 + 24 * i, 12, 10L * i).octal(398 + 24 * i, 12, 4);
        }
        for (int i = 0; i < 21; i++) {
            more[0].octal(24 * i, 12, 40 + 10L * i).octal(24 * i + 12, 12, 4);
        }
        byte[] tar = new TarBlocks()
                .header(first)
                .raw(more[0].block)
                .raw(more[1].block)
                .data("abcd".repeat(25))
                .file("next", "next")
                .bytes();

        List<TarEntry> entries = read(tar);

        assertThat(entries.getFirst().extents())
                .hasSize(75)
                .startsWith(0, 4, 1536, 10, 4, 1540)
                .endsWith(240, 4, 1632);
        assertThat(content(tar, entries.get(1))).asString().isEqualTo("next");
    }

    @Test
    void readsMapInFrontOfDataAcrossBlocks() {
        StringBuilder map = new StringBuilder("200\n");
        for (int i = 0; i < 200; i++) {
            map.append(100 * i).append("\n1\n");
        }
        byte[] tar = pax1(map.toString(), "z".repeat(200), 20_000).bytes();

        TarEntry entry = read(tar).getFirst();

        assertThat(map.length()).isGreaterThan(1024);
        assertThat(entry.extents()).hasSize(600);
        assertThat(content(tar, entry)[19_900]).isEqualTo((byte) 'z');
    }

    @Test
    void joinsPiecesThatTouch() {
        byte[] tar = pax("abcd", "GNU.sparse.size", "4", "GNU.sparse.numblocks", "2", "GNU.sparse.map", "0,2,2,2")
                .bytes();

        assertThat(read(tar).getFirst().extents()).containsExactly(0, 4, 1024 + 512);
    }

    @Test
    void seesFileThatIsOneHole() {
        assertThat(read(pax("", "GNU.sparse.size", "99", "GNU.sparse.numblocks", "0"))
                        .getFirst()
                        .extents())
                .isEmpty();
        assertThat(read(pax1("0\n", "", 99)).getFirst().size()).isEqualTo(99);
        assertThat(read(gnu(99, "")).getFirst().size()).isEqualTo(99);
    }

    static List<Named> lies() {
        return List.of(
                new Named("pieces overlap", () -> gnu(10, "abcd", 2, 2, 3, 2)),
                new Named("pieces go back", () -> gnu(10, "abcd", 5, 2, 2, 2)),
                new Named("piece beyond the end", () -> gnu(10, "abcd", 8, 4)),
                new Named("more stored than mapped", () -> gnu(10, "abcde", 2, 4)),
                new Named("less stored than mapped", () -> gnu(10, "abc", 2, 4)),
                new Named("not GNU's format", () -> new TarBlocks().header(Header.ustar('S', "s", 0))),
                new Named("number of pieces missing", () -> pax("", "GNU.sparse.size", "1", "GNU.sparse.map", "0,0")),
                new Named(
                        "fewer pieces than said",
                        () -> pax("", "GNU.sparse.size", "1", "GNU.sparse.numblocks", "2", "GNU.sparse.map", "0,0")),
                new Named("size missing", () -> pax("", "GNU.sparse.numblocks", "0")),
                new Named("offset twice", () -> pax("", "GNU.sparse.offset", "1", "GNU.sparse.offset", "1")),
                new Named(
                        "offset without length",
                        () -> pax("", "GNU.sparse.size", "1", "GNU.sparse.numblocks", "0", "GNU.sparse.offset", "1")),
                new Named("version unknown", () -> pax("", "GNU.sparse.size", "1", "GNU.sparse.major", "2")),
                new Named(
                        "overflow",
                        () -> pax(
                                "a",
                                "GNU.sparse.size",
                                "1",
                                "GNU.sparse.numblocks",
                                "1",
                                "GNU.sparse.map",
                                "1,9223372036854775807")),
                new Named(
                        "in global header",
                        () -> new TarBlocks().global("GNU.sparse.size", "1").file("f", "")),
                new Named(
                        "a directory",
                        () -> new TarBlocks()
                                .pax("GNU.sparse.size", "1", "GNU.sparse.numblocks", "0")
                                .header(Header.ustar('5', "d/", 0))),
                new Named("map with rubbish", () -> pax1("1\n0x1\n1\n", "a", 1)),
                new Named("map with empty line", () -> pax1("1\n\n1\n", "a", 1)),
                new Named("map without end", () -> pax1("2\n0\n1\n", "a", 1)),
                new Named(
                        "no map",
                        () -> pax(
                                "abc", "GNU.sparse.major", "1", "GNU.sparse.minor", "0", "GNU.sparse.realsize", "1")));
    }

    @ParameterizedTest
    @MethodSource("lies")
    void refusesMapsThatLie(Named lie) {
        byte[] tar = lie.tar().get().bytes();

        assertThatThrownBy(() -> read(tar)).hasMessageStartingWith("Invalid: entry ");
    }
}
