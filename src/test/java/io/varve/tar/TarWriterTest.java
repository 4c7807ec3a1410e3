package io.varve.tar;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TarWriterTest {

    static byte[] written(TarEntry entry, byte[] data) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        TarWriter writer = new TarWriter(out);
        writer.write(entry, new ByteArrayInputStream(data));
        writer.finish();
        return out.toByteArray();
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void isUndoneByTheReader(long seed) throws IOException {
        Random random = new Random(seed);
        for (int i = 0; i < 100; i++) {
            TarEntry entry = anyEntry(random);
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
    }

    /** Any entry, leaning towards the numbers and lengths at which a field of the header is just full. */
    private static TarEntry anyEntry(Random random) {
        List<TarType> types = List.of(TarType.values());
        TarType type = types.get(random.nextInt(types.size()));
        TarEntry entry = new TarEntry(
                        type,
                        anyName(random),
                        type.isLink() ? anyName(random) : TarEntry.EMPTY,
                        random.nextInt(010000),
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        0,
                        List.of(),
                        TarEntry.NO_EXTENTS,
                        0)
                .withOwner(anyId(random), anyId(random))
                .withTime(anyTime(random), oneOf(random, 0, 1, 500_000_000, 999_999_999, random.nextInt(1_000_000_000)))
                .withXattrs(anyXattrs(random));
        if (type.isDevice()) {
            int number = random.nextInt(1_500);
            return entry.withDevice(number, 1_048_575 - number);
        }
        return type == TarType.REGULAR ? entry.withSize(random.nextInt(1_500)) : entry;
    }

    private static long anyId(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> 07777777L;
            case 1 -> 010000000L;
            default -> random.nextLong(0x1_0000_0000L);
        };
    }

    private static long anyTime(Random random) {
        return switch (random.nextInt(6)) {
            case 0 -> -1;
            case 1 -> 077777777777L;
            case 2 -> 0100000000000L;
            case 3 -> Long.MAX_VALUE;
            case 4 -> random.nextInt();
            default -> Math.max(-Long.MAX_VALUE, random.nextLong());
        };
    }

    /** Bytes of all kinds but NUL, with and without slashes to split at. */
    private static byte[] anyName(Random random) {
        byte[] name = new byte[oneOf(random, 1, 99, 100, 101, 155, 156, 255, 256, 257, 1 + random.nextInt(300))];
        for (int i = 0; i < name.length; i++) {
            name[i] = random.nextInt(9) == 0 ? (byte) '/' : (byte) (1 + random.nextInt(255));
        }
        if (name[name.length - 1] == '/') {
            name[name.length - 1] = 'x';
        }
        return name;
    }

    private static List<TarXattr> anyXattrs(Random random) {
        List<TarXattr> xattrs = new ArrayList<>();
        for (int i = random.nextInt(5); i > 0; i--) {
            StringBuilder name = new StringBuilder("user.");
            for (int c = 1 + random.nextInt(20); c > 0; c--) {
                name.appendCodePoint(1 + random.nextInt(0xD7FF));
            }
            byte[] value = new byte[random.nextInt(100)];
            random.nextBytes(value);
            xattrs.add(TarXattr.of(name.toString(), value));
        }
        return sortedByName(xattrs);
    }

    private static int oneOf(Random random, int... values) {
        return values[random.nextInt(values.length)];
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
