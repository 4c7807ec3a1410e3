package io.varve.tar;

import static io.varve.tar.Reading.read;
import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.tar.TarBlocks.Header;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One tar with everything in it, cut, cut short and damaged. */
class TarTortureTest {
    private static final byte[] TAR = everything();
    private static final List<TarEntry> ENTRIES = read(TAR);

    private static byte[] everything() {
        String map1 = "2\n1\n2\n10\n1\n";
        return new TarBlocks()
                .global("mtime", "1.5", "SCHILY.xattr.user.g", "v")
                .file("a", "hello")
                .pax("path", "p/q", "mtime", "-3.25", "SCHILY.xattr.user.x", "\0\1", "LIBARCHIVE.xattr.user.y", "AQ")
                .file("b", "x".repeat(1030))
                .extension('L', "long/name\0")
                .extension('K', "long/link\0")
                .header(Header.gnu('2', "l", 0).link("short"))
                .header(Header.ustar('1', "hard", 77).link("a"))
                .header(Header.ustar('5', "d/", 0))
                .header(Header.ustar('3', "null", 0).octal(329, 8, 1).octal(337, 8, 3))
                .header(Header.gnu('S', "gnu", 3)
                        .octal(386, 12, 1)
                        .octal(398, 12, 2)
                        .text(482, "\1")
                        .octal(483, 12, 30))
                .raw(new Header().octal(0, 12, 20).octal(12, 12, 1).block)
                .data("abc")
                .pax("GNU.sparse.size", "9", "GNU.sparse.numblocks", "1", "GNU.sparse.map", "3,2")
                .file("pax0", "ab")
                .pax("GNU.sparse.major", "1", "GNU.sparse.minor", "0", "GNU.sparse.realsize", "30")
                .header(Header.ustar('0', "pax1", 515))
                .data(map1)
                .data("abc")
                .header(Header.gnu('D', "dump/", 4))
                .data("list")
                .header(Header.v7('\0', "last", 3))
                .data("end")
                .end()
                .raw(new byte[] {1, 2, 3})
                .bytes();
    }

    @Test
    void readsAllOfIt() {
        assertThat(Reading.names(ENTRIES))
                .containsExactly("a", "p/q", "long/name", "hard", "d/", "null", "gnu", "pax0", "pax1", "dump/", "last");
    }

    @Test
    void readsTheSameWhereverItIsSplit() {
        for (int split = 0; split <= TAR.length; split++) {
            assertThat(read(TAR, TarLimits.DEFAULTS, split))
                    .as("split at %d", split)
                    .isEqualTo(ENTRIES);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 511, 512, 513, 1000, 4096, 262_144})
    void readsTheSameWithoutWhatItCanSkip(int piece) {
        List<TarEntry> entries = new ArrayList<>();
        TarReader reader = new TarReader(TarLimits.DEFAULTS, entries::add);
        int skipped = 0;
        while (reader.offset() < TAR.length) {
            int at = (int) reader.offset();
            int skippable = (int) Math.min(reader.skippable(), TAR.length - at);
            reader.skip(Math.min(piece, skippable));
            skipped += Math.min(piece, skippable);
            if (skippable == 0) {
                // Never more than is looked at anyway, so that all that can be is skipped.
                reader.accept(Unpooled.wrappedBuffer(TAR, at, 1));
            }
        }
        reader.finish();

        assertThat(entries).isEqualTo(ENTRIES);
        int data = ENTRIES.stream()
                .mapToInt(entry -> Reading.stored(entry) + 511 & -512)
                .sum();
        // Besides: what pads the extensions, the names in a GNU directory's data, all behind the first block of the
        // end.
        assertThat(skipped).isGreaterThanOrEqualTo(data + 512 + 512 + 3);
    }

    @Test
    void skipsNothingThatMatters() {
        TarReader reader = new TarReader(TarLimits.DEFAULTS, entry -> {});
        assertThat(reader.skippable()).isZero();
        assertThatThrownBy(() -> reader.skip(1)).isInstanceOf(IndexOutOfBoundsException.class);
        reader.accept(Unpooled.wrappedBuffer(new TarBlocks().file("a", "hello").bytes(), 0, 512));
        assertThat(reader.skippable()).isEqualTo(5);
        assertThatThrownBy(() -> reader.skip(6)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> reader.skip(-1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(reader::finish).hasMessageContaining("wanted 5 more bytes of data");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 7, 511, 512, 513, 1000, 4096, 262_144})
    void readsTheSameInPiecesOfAnySize(int piece) {
        assertThat(Reading.readDirect(TAR, piece)).isEqualTo(ENTRIES);
    }

    @Test
    void endsCleanlyOrRefusesWhereverItIsCutShort() {
        int clean = 0;
        for (int length = 0; length <= TAR.length; length++) {
            byte[] cut = Arrays.copyOf(TAR, length);
            try {
                List<TarEntry> entries = read(cut);
                assertThat(entries).isEqualTo(ENTRIES.subList(0, entries.size()));
                for (TarEntry entry : entries) {
                    Reading.content(cut, entry);
                }
                clean++;
            } catch (Failure failure) {
                assertThat(failure.category()).as("cut at %d", length).isEqualTo(Category.INVALID);
                assertThat(failure).hasMessageContaining(" at offset ").hasMessageContaining("end of the tar");
            }
        }
        // Cuts in a member are refused: few bytes are on blocks' edges or in padding.
        assertThat(clean).isBetween(ENTRIES.size(), TAR.length / 2);
    }

    @Test
    void refusesOrReadsWhateverBytesAreDamaged() {
        Random random = new Random(20_260_101);
        int refused = 0;
        for (int round = 0; round < 20_000; round++) {
            byte[] damaged = TAR.clone();
            for (int i = random.nextInt(4); i >= 0; i--) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            refused += refused(damaged);
        }
        assertThat(refused).isGreaterThan(2_000);
    }

    @Test
    void refusesOrReadsHeadersDamagedUnderRightChecksum() {
        Random random = new Random(20_260_102);
        byte[] alphabet = {0, ' ', '0', '1', '7', '9', '/', '=', '\n', 'x', 'L', 'g', 'S', (byte) 0x80, (byte) 0xFF};
        int refused = 0;
        for (int round = 0; round < 20_000; round++) {
            byte[] damaged = TAR.clone();
            int block = 512 * random.nextInt(damaged.length / 512);
            for (int i = random.nextInt(3); i >= 0; i--) {
                damaged[block + random.nextInt(512)] = alphabet[random.nextInt(alphabet.length)];
            }
            damaged[block + 156] = "0123456LKxgSDV7\0".getBytes(US_ASCII)[random.nextInt(16)];
            Header header = new Header();
            System.arraycopy(damaged, block, header.block, 0, 512);
            System.arraycopy(header.checksum(header.sum(false)).block, 0, damaged, block, 512);
            refused += refused(damaged);
        }
        assertThat(refused).isBetween(2_000, 19_900);
    }

    /** 1 if it was; any other exception than a failure fails the test. */
    private static int refused(byte[] tar) {
        try {
            read(tar);
            return 0;
        } catch (Failure failure) {
            assertThat(failure.category()).isIn(Category.INVALID, Category.EXCEEDED);
            assertThat(failure).hasMessageContaining(" at offset ");
            return 1;
        }
    }

    @Test
    void passesOnWhatTheConsumerThrows() {
        TarReader reader = new TarReader(TarLimits.DEFAULTS, entry -> {
            throw Failure.invalid("not wanted");
        });

        assertThatThrownBy(() -> reader.accept(Unpooled.wrappedBuffer(TAR))).hasMessage("Invalid: not wanted");
    }
}
