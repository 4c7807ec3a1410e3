package io.varve.tar;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.TreeMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tuple;
import org.junit.jupiter.api.Test;

class TarWriterTest {

    static byte[] written(TarEntry entry, byte[] data) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        TarWriter writer = new TarWriter(out);
        writer.write(entry, new ByteArrayInputStream(data));
        writer.finish();
        return out.toByteArray();
    }

    @Property(tries = 500)
    void isUndoneByTheReader(@ForAll("entries") TarEntry entry) throws IOException {
        byte[] data = new byte[(int) entry.size()];
        Arrays.fill(data, (byte) 'd');

        byte[] tar = written(entry, data);
        List<TarEntry> read = Reading.read(tar);

        assertThat(read).hasSize(1);
        TarEntry back = read.getFirst();
        assertThat(back.withExtents(entry.extents())).isEqualTo(entry);
        assertThat(Reading.content(tar, back)).isEqualTo(data);
        assertThat(tar.length % 512).isZero();
    }

    @Provide
    static Arbitrary<TarEntry> entries() {
        Arbitrary<TarEntry> named = Combinators.combine(
                        Arbitraries.of(TarType.class),
                        names(),
                        names(),
                        Arbitraries.integers().between(0, 07777))
                .as((type, name, link, mode) -> new TarEntry(
                        type,
                        name,
                        type.isLink() ? link : TarEntry.EMPTY,
                        mode,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        List.of(),
                        TarEntry.NO_EXTENTS,
                        0));
        Arbitrary<Long> ids = Arbitraries.longs().between(0, 0xFFFF_FFFFL).edgeCases(e -> e.add(07777777L, 010000000L));
        Arbitrary<Long> times = Arbitraries.longs()
                .between(-Long.MAX_VALUE, Long.MAX_VALUE)
                .edgeCases(e -> e.add(-1L, 0L, 077777777777L, 0100000000000L));
        Arbitrary<Integer> nanos =
                Arbitraries.integers().between(0, 999_999_999).edgeCases(e -> e.add(0, 1, 500_000_000, 999_999_999));
        return Combinators.combine(
                        named, ids, ids, times, nanos, Arbitraries.integers().between(0, 1_500), xattrs())
                .as((entry, uid, gid, mtime, nano, number, xattrs) -> {
                    TarEntry full =
                            entry.withOwner(uid, gid).withTime(mtime, nano).withXattrs(xattrs);
                    if (entry.type().isDevice()) {
                        return full.withDevice(number, 1_048_575 - number);
                    }
                    return entry.type() == TarType.REGULAR ? full.withSize(number) : full;
                });
    }

    /** Bytes of all kinds but NUL, of lengths around what the fields hold, with and without slashes to split at. */
    private static Arbitrary<byte[]> names() {
        Arbitrary<Byte> bytes = Arbitraries.frequencyOf(
                Tuple.of(8, Arbitraries.bytes().filter(b -> b != 0)), Tuple.of(1, Arbitraries.just((byte) '/')));
        return Arbitraries.integers()
                .between(1, 300)
                .edgeCases(e -> e.add(1, 99, 100, 101, 155, 156, 255, 256, 257))
                .flatMap(n -> bytes.array(byte[].class).ofSize(n))
                .filter(name -> name[name.length - 1] != '/');
    }

    private static Arbitrary<List<TarXattr>> xattrs() {
        return Combinators.combine(
                        Arbitraries.strings().ofMinLength(1).ofMaxLength(20).excludeChars('\0'),
                        Arbitraries.bytes().array(byte[].class).ofMaxSize(100))
                .as((name, value) -> TarXattr.of("user." + name, value))
                .list()
                .ofMaxSize(4)
                .map(TarWriterTest::sortedByName);
    }

    private static List<TarXattr> sortedByName(List<TarXattr> xattrs) {
        TreeMap<byte[], TarXattr> sorted = new TreeMap<>(Arrays::compareUnsigned);
        xattrs.forEach(xattr -> sorted.put(xattr.name(), xattr));
        return List.copyOf(sorted.values());
    }

    @Test
    void needsNoPaxHeaderForWhatUstarCanSay() throws IOException {
        TarEntry entry = TarEntry.of(TarType.REGULAR, "a".repeat(155) + "/" + "b".repeat(100), "", 0644)
                .withOwner(07777777, 07777777)
                .withTime(077777777777L, 0)
                .withSize(3);

        byte[] tar = written(entry, "abc".getBytes(UTF_8));

        assertThat(tar).hasSize(512 + 512 + 1024);
        assertThat(tar[156]).isEqualTo((byte) '0');
    }

    @Test
    void writesNamesWithEqualsSignSoThatTheyComeBack() throws IOException {
        List<TarXattr> xattrs = List.of(TarXattr.of("user.a=b%", new byte[] {0, 1, -1}));
        TarEntry entry = TarEntry.of(TarType.DIRECTORY, "d/", "", 0755).withXattrs(xattrs);

        assertThat(Reading.read(written(entry, new byte[0])).getFirst().xattrs())
                .isEqualTo(xattrs);
    }

    @Test
    void countsTheLengthOfRecordInItsOwnLength() throws IOException {
        for (int length = 60; length < 140; length++) {
            List<TarXattr> xattrs = List.of(TarXattr.of("user.x", new byte[length]));
            TarEntry entry = TarEntry.of(TarType.FIFO, "f", "", 0).withXattrs(xattrs);

            assertThat(Reading.read(written(entry, new byte[0])).getFirst().xattrs())
                    .isEqualTo(xattrs);
        }
    }

    @Test
    void refusesDataThatIsNotOfTheSizeSaid() {
        TarEntry entry = TarEntry.of(TarType.REGULAR, "f", "", 0644).withSize(3);

        assertThatThrownBy(() -> written(entry, new byte[2]))
                .hasMessage("Mismatch: entry \"f\": data: got 2 bytes, wanted 3 bytes");
        assertThatThrownBy(() -> written(entry, new byte[4]))
                .hasMessage("Mismatch: entry \"f\": data: got more bytes, wanted 3 bytes");
        assertThatThrownBy(() -> written(TarEntry.of(TarType.FIFO, "p", "", 0), new byte[1]))
                .hasMessageStartingWith("Mismatch: entry \"p\"");
    }

    @Test
    void refusesNamesThatNoReaderWouldSee() {
        assertThatThrownBy(() -> written(TarEntry.of(TarType.REGULAR, "a\0b", "", 0644), new byte[0]))
                .hasMessageEndingWith("name: got a NUL in it");
        assertThatThrownBy(() -> written(TarEntry.of(TarType.SYMLINK, "a", "b\0", 0644), new byte[0]))
                .hasMessageEndingWith("link target: got a NUL in it");
        assertThatThrownBy(() -> written(TarEntry.of(TarType.REGULAR, "a/", "", 0644), new byte[0]))
                .hasMessageEndingWith("got a trailing slash, wanted the name of a file");
        TarEntry nul = TarEntry.of(TarType.FIFO, "f", "", 0).withXattrs(List.of(TarXattr.of("user.\0", new byte[0])));
        assertThatThrownBy(() -> written(nul, new byte[0]))
                .hasMessageEndingWith("name of an extended attribute: got a NUL in it");
    }
}
