package io.varve.tar;

import static io.varve.tar.Reading.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import io.varve.tar.TarBlocks.Header;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each limit: what just fits is read, one more is refused with the name of the setting. */
class TarLimitsTest {
    private static final TarLimits TIGHT = new TarLimits(3, 8, 6, 4, 20, 12, 128, 2);

    private static void fits(TarBlocks tar) {
        assertThat(read(tar.bytes(), TIGHT)).isNotEmpty();
    }

    private static void exceeds(TarBlocks tar, String message) {
        assertThatThrownBy(() -> read(tar.bytes(), TIGHT)).hasMessage("Exceeded: entry " + message);
    }

    @Test
    void limitsEntries() {
        fits(new TarBlocks().file("a", "").file("b", "").file("c", ""));
        exceeds(
                new TarBlocks().file("a", "").file("b", "").file("c", "").file("d", ""),
                "\"d\" at offset 1536: entries of a tar: got 4, at most 3 (limits.entries)");
    }

    @Test
    void limitsNamesFromEverySource() {
        fits(new TarBlocks().file("12345678", ""));
        exceeds(
                new TarBlocks().file("123456789", ""),
                "\"123456789\" at offset 0: name: got 9, at most 8 (limits.pathBytes)");
        exceeds(
                new TarBlocks().pax("path", "123456789").file("f", ""),
                "\"123456789\" at offset 0: name: got 9, at most 8 (limits.pathBytes)");
        exceeds(
                new TarBlocks().extension('L', "123456789").file("f", ""),
                "\"123456789\" at offset 0: name: got 9, at most 8 (limits.pathBytes)");
    }

    @Test
    void limitsLinkTargets() {
        fits(new TarBlocks().header(Header.ustar('2', "l", 0).link("123456")));
        exceeds(
                new TarBlocks().header(Header.ustar('2', "l", 0).link("1234567")),
                "\"l\" at offset 0: link target: got 7, at most 6 (limits.linkBytes)");
    }

    @Test
    void limitsXattrs() {
        fits(new TarBlocks()
                .pax("SCHILY.xattr.user.a", "1234", "SCHILY.xattr.user.b", "1234")
                .file("f", ""));
        exceeds(
                new TarBlocks().pax("SCHILY.xattr.user.a", "12345").file("f", ""),
                "\"extension\" at offset 0: PAX record at offset 512: extended attribute user.a: got 5, at most 4"
                        + " (limits.xattrValueBytes)");
        exceeds(
                new TarBlocks()
                        .pax("SCHILY.xattr.user.a", "1234", "SCHILY.xattr.user.b", "1234", "SCHILY.xattr.c", "")
                        .file("f", ""),
                "\"extension\" at offset 0: extended attributes: got 21, at most 20 (limits.xattrBytes)");
    }

    /** A member of 512 bytes may carry thousands that are not in it. */
    @Test
    void limitsWhatAllMembersTogetherCarryOfGlobalHeaders() {
        String refused = "of global headers, in all members so far: got 18, at most 12 (limits.globalXattrBytes)";
        fits(new TarBlocks().global("SCHILY.xattr.user.a", "123").file("f", ""));
        exceeds(
                new TarBlocks()
                        .global("SCHILY.xattr.user.a", "123")
                        .file("f", "")
                        .file("g", ""),
                "\"g\" at offset 1536: extended attributes " + refused);
        exceeds(
                new TarBlocks()
                        .global("SCHILY.xattr.user.a", "123")
                        .global("SCHILY.xattr.user.b", "123")
                        .file("f", ""),
                "\"f\" at offset 2048: extended attributes " + refused);
    }

    @Test
    void limitsLinkTargetsOfGlobalHeadersLikewise() {
        exceeds(
                new TarBlocks()
                        .global("linkpath", "123456")
                        .header(Header.ustar('2', "a", 0))
                        .header(Header.ustar('2', "b", 0))
                        .header(Header.ustar('2', "c", 0)),
                "\"c\" at offset 2048: link targets of global headers, in all members so far: got 18, at most 12"
                        + " (limits.globalXattrBytes)");
    }

    /** They are no entries, and whoever writes nothing else would never come to an end. */
    @ParameterizedTest
    @ValueSource(chars = {'x', 'g', 'L', 'K'})
    void limitsExtensionsOfOneMember(char flag) {
        fits(extended(flag, 100).file("f", "").raw(extended(flag, 100).bytes()).file("g", ""));
        exceeds(
                extended(flag, 100)
                        .file("f", "")
                        .raw(extended(flag, 101).bytes())
                        .file("g", ""),
                "\"extension\" at offset " + (flag == 'g' ? 201 * 512 : 101 * 512)
                        + ": extended headers in front of one member: got 101, at most 100"
                        + " (what any member has use for)");
    }

    private static TarBlocks extended(char flag, int extensions) {
        TarBlocks tar = new TarBlocks();
        for (int i = 0; i < extensions; i++) {
            tar.extension(flag, "");
        }
        return tar;
    }

    /** Not even with a volume's label behind each of them, which ends a member that is none. */
    @Test
    void volumeLabelsDoNotMakeRoomForMoreExtensions() {
        TarBlocks tar = new TarBlocks();
        for (int i = 0; i < 101; i++) {
            tar.extension('x', "").header(Header.gnu('V', "label", 0));
        }

        exceeds(
                tar,
                "\"extension\" at offset " + 200 * 512
                        + ": extended headers in front of one member: got 101, at most 100"
                        + " (what any member has use for)");
    }

    @Test
    void extensionsTakeNoMemoryByWhatGlobalHeadersSay() {
        TarBlocks tar = new TarBlocks();
        String[] records = new String[40_000];
        for (int i = 0; i < records.length; i += 2) {
            records[i] = "SCHILY.xattr." + i;
            records[i + 1] = "";
        }
        tar.global(records);
        byte[] globals = tar.bytes();
        byte[] extensions = extended('x', 50).bytes();
        TarReader reader = new TarReader(TarLimits.DEFAULTS, entry -> {});
        reader.accept(Unpooled.wrappedBuffer(globals));
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();

        reader.accept(Unpooled.wrappedBuffer(extensions));

        // A table of so many takes a megabyte.
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(500_000);
    }

    @Test
    void limitsXattrsOfAMemberTogetherWithThoseOfGlobalHeaders() {
        fits(new TarBlocks()
                .global("SCHILY.xattr.user.a", "1234")
                .pax("SCHILY.xattr.user.b", "1234", "SCHILY.xattr.user.a", "")
                .file("f", ""));
        exceeds(
                new TarBlocks()
                        .pax("SCHILY.xattr.user.b", "1234", "SCHILY.xattr.c", "")
                        .global("SCHILY.xattr.user.a", "1234")
                        .file("f", ""),
                "\"f\" at offset 0: extended attributes: got 21, at most 20 (limits.xattrBytes)");
    }

    @Test
    void refusesLargeExtensionAtItsHeader() {
        TarReader reader = new TarReader(TIGHT, entry -> {});
        byte[] header = new TarBlocks().header(Header.ustar('x', "p", 129)).bytes();

        assertThatThrownBy(() -> reader.accept(Unpooled.wrappedBuffer(header)))
                .hasMessage("Exceeded: entry \"p\" at offset 0: extended header: got 129, at most 128"
                        + " (limits.paxBytes)");
    }

    @Test
    void limitsPiecesOfSparseFilesHoweverTheyAreMapped() {
        String refused = "got 3, at most 2 (limits.sparseExtents)";
        TarBlocks gnu = new TarBlocks()
                .header(Header.gnu('S', "s", 0)
                        .octal(483, 12, 9)
                        .text(386, ("00000000000\0" + "00000000000\0").repeat(3)));
        TarBlocks pax0 = new TarBlocks()
                .pax("GNU.sparse.size", "1", "GNU.sparse.numblocks", "3", "GNU.sparse.map", "0,0,0,0,0,0")
                .file("s", "");
        TarBlocks pax1 = new TarBlocks()
                .pax("GNU.sparse.major", "1", "GNU.sparse.minor", "0", "GNU.sparse.realsize", "9")
                .file("s", "3\n" + "\0".repeat(510));

        assertThatThrownBy(() -> read(gnu.bytes(), TIGHT)).hasMessageEndingWith(refused);
        assertThatThrownBy(() -> read(pax0.bytes(), TIGHT)).hasMessageEndingWith(refused);
        assertThatThrownBy(() -> read(pax1.bytes(), TIGHT)).hasMessageEndingWith(refused);
    }

    @Test
    void shortensLongNamesInMessages() {
        byte[] tar = new TarBlocks()
                .extension('L', "n".repeat(100_000))
                .file("f", "")
                .bytes();

        assertThatThrownBy(() -> read(tar))
                .hasMessage("Exceeded: entry \"" + "n".repeat(255) + "…\" at offset 0: name: got 100000, at most 4096"
                        + " (limits.pathBytes)");
    }
}
