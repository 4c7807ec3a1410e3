package io.varve.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What a stack of layers shows, sentence by sentence: each stack is merged in memory, mounted by the kernel where it may
 * be, and unpacked, and all three must agree before the expectation is looked at ({@link Stack#shows}).
 */
class MergeSemanticsIT {
    @TempDir
    Path directory;

    Stack stack;

    @BeforeEach
    void emptyStore() {
        stack = new Stack(directory);
    }

    static Tarball layer() {
        return new Tarball();
    }

    @Nested
    @DisplayName("Whiteouts and opaque marks")
    class Marks {
        final Tarball base = layer().dir("d")
                .file("d/low", "low")
                .dir("d/sub")
                .file("d/sub/deep", "x")
                .file("f", "f");

        @Test
        void whiteoutHidesAFileOfALowerLayer() {
            assertThat(stack.of(base, layer().whiteout("d/low")).shows())
                    .containsExactly("d/", "d/sub/", "d/sub/deep", "f");
        }

        @Test
        void whiteoutHidesADirectoryWithAllInIt() {
            assertThat(stack.of(base, layer().whiteout("d")).shows()).containsExactly("f");
        }

        @Test
        void whiteoutBeforeAnEntryOfItsOwnLayerLeavesTheEntry() {
            assertThat(stack.of(base, layer().whiteout("f").file("f", "new")).text("f"))
                    .isEqualTo("new");
        }

        @Test
        void whiteoutAfterAnEntryOfItsOwnLayerLeavesTheEntry() {
            assertThat(stack.of(base, layer().file("f", "new").whiteout("f")).text("f"))
                    .isEqualTo("new");
        }

        @Test
        void whiteoutOfADirectoryLeavesWhatItsOwnLayerPutsThereBeforeIt() {
            assertThat(stack.of(base, layer().file("d/own", "own").whiteout("d"))
                            .shows())
                    .containsExactly("d/", "d/own", "f");
        }

        @Test
        void whiteoutOfADirectoryLeavesWhatItsOwnLayerPutsThereAfterIt() {
            assertThat(stack.of(base, layer().whiteout("d").file("d/own", "own"))
                            .shows())
                    .containsExactly("d/", "d/own", "f");
        }

        @Test
        void directoryThatAWhiteoutTookComesBackImplied() {
            Tarball low = layer().mode(0700).owner(3, 4).dir("d").file("d/x", "");
            assertThat(stack.of(low, layer().file("d/own", "").whiteout("d")).line("d"))
                    .isEqualTo("d 755 0:0 0.000000000");
        }

        @Test
        void directoryThatItsLayerAlsoDescribesKeepsThatDescription() {
            Tarball top = layer().mode(0700).dir("d").whiteout("d").file("d/own", "");
            assertThat(stack.of(base, top).shows()).containsExactly("d/", "d/own", "f");
            assertThat(stack.line("d")).isEqualTo("d 700 0:0 1.000000000");
        }

        @ParameterizedTest
        @ValueSource(booleans = {true, false})
        void opaqueMarkHidesAllLowerEntriesOfItsDirectoryAndNoneOfItsOwnLayer(boolean markFirst) {
            Tarball top = markFirst
                    ? layer().dir("d").opaque("d").file("d/own", "").file("d/sub/own", "")
                    : layer().dir("d").file("d/own", "").file("d/sub/own", "").opaque("d");
            assertThat(stack.of(base, top).shows()).containsExactly("d/", "d/own", "d/sub/", "d/sub/own", "f");
        }

        @Test
        void opaqueMarkKeepsTheDirectoryItselfAsItIs() {
            Tarball low = layer().mode(0711).owner(5, 6).dir("d").file("d/x", "");
            assertThat(stack.of(low, layer().opaque("d")).line("d")).isEqualTo("d 711 5:6 1.000000000");
        }

        @Test
        void opaqueMarkAtTheRootHidesEverythingLower() {
            assertThat(stack.of(base, layer().opaque("").file("n", "")).shows()).containsExactly("n");
        }

        @Test
        void markForNothingChangesNothing() {
            assertThat(stack.of(
                                    base,
                                    layer().whiteout("none").whiteout("no/such").opaque("nowhere"))
                            .shows())
                    .containsExactly("d/", "d/low", "d/sub/", "d/sub/deep", "f");
        }

        @Test
        void markBehindALowerSymlinkHidesWhereTheLinkLeads() {
            Tarball low = layer().dir("d").file("d/x", "").file("d/y", "").symlink("l", "d");
            assertThat(stack.of(low, layer().whiteout("l/x")).shows()).containsExactly("d/", "d/y", "l");
        }

        @ParameterizedTest
        @ValueSource(booleans = {true, false})
        void markInADirectoryThatReplacesALowerSymlinkHidesNothingBehindTheLink(boolean markFirst) {
            Tarball low = layer().dir("d").file("d/x", "").symlink("l", "d");
            Tarball top = markFirst
                    ? layer().opaque("l").whiteout("l/x").dir("l")
                    : layer().dir("l").opaque("l").whiteout("l/x");
            assertThat(stack.of(low, top).shows()).containsExactly("d/", "d/x", "l/");
        }

        @Test
        void markBehindASymlinkOfItsOwnLayerHidesWhereTheLinkLeads() {
            Tarball top = layer().symlink("l", "d").whiteout("l/low");
            assertThat(stack.of(base, top).shows()).containsExactly("d/", "d/sub/", "d/sub/deep", "f", "l");
        }

        @ParameterizedTest
        @ValueSource(strings = {".wh.", ".wh..", ".wh...", "d/.wh.", "d/.wh..", "d/.wh..."})
        void whiteoutsThatNameNothingAreRefused(String name) {
            stack.refuses("Invalid", "a whiteout names no entry", layer().file(name, ""));
        }

        @Test
        void nothingCanBeBelowAWhiteout() {
            stack.refuses("Invalid", "a whiteout has nothing below it", layer().file(".wh.d/x", ""));
        }

        @Test
        void metadataOfAufsIsIgnored() {
            Tarball top =
                    layer().dir(".wh..wh.plnk").file(".wh..wh.plnk/1.2", "x").file("d/.wh..wh.aufs", "");
            assertThat(stack.of(base, top).shows()).containsExactly("d/", "d/low", "d/sub/", "d/sub/deep", "f");
        }

        @Test
        void layerAboveMayBringBackWhatALayerHid() {
            assertThat(stack.of(base, layer().whiteout("d"), layer().file("d/low", "again"))
                            .shows())
                    .containsExactly("d/", "d/low", "f");
        }
    }

    @Nested
    @DisplayName("Names")
    class Names {
        @ParameterizedTest
        @ValueSource(strings = {"/a/b", "./a/b", "a//b", "a/./b", "a/x/../b", "./x/../a/b", "///a/b/"})
        void areCleanedLexically(String name) {
            assertThat(stack.of(layer().file(name, "")).names()).contains(name.endsWith("/") ? "a/b/" : "a/b");
        }

        @ParameterizedTest
        @ValueSource(strings = {"..", "../x", "a/../../x", "/..", "/../x", "./../x"})
        void thatLeadAboveTheRootAreRefused(String name) {
            stack.refuses("Invalid", "leads above the root", layer().file(name, ""));
        }

        @Test
        void parentInANameIsTakenBackBeforeAnySymlinkIsLookedAt() {
            Tarball low = layer().dir("d").dir("d/e").symlink("l", "d/e");
            assertThat(stack.of(low, layer().file("l/../x", "")).shows()).containsExactly("d/", "d/e/", "l", "x");
        }

        @Test
        void areBytes() {
            byte[] name = {(byte) 0xff, (byte) 0xfe, 'x', '\\', '\n', 1};
            assertThat(stack.of(layer().file(name, new byte[] {7})).shows())
                    .containsExactly(new String(name, StandardCharsets.ISO_8859_1));
        }

        @Test
        void of255BytesWorkAndOf256AreRefused() {
            assertThat(stack.of(layer().file("n".repeat(255), "x")).shows()).containsExactly("n".repeat(255));
            stack.refuses("Exceeded", "got 256, at most 255", layer().file("n".repeat(256), ""));
        }

        @Test
        void symlinksSayWhatTheirLayerSaidByteForByte() {
            String odd = "../..//./x/../\u00e9 ";
            assertThat(stack.of(layer().symlink("l", odd)).line("l"))
                    .contains("-> " + new String(odd.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1));
        }
    }

    @Nested
    @DisplayName("The root")
    class Root {
        @ParameterizedTest
        @ValueSource(strings = {"./", "/", ".", "a/.."})
        void takesTheAttributesOfItsEntry(String name) {
            assertThat(stack.of(layer().mode(0750).owner(7, 8).time("99").dir(name))
                            .line(""))
                    .isEqualTo("d 750 7:8 99.000000000");
        }

        @Test
        void isImpliedWithoutAnEntry() {
            assertThat(stack.of(layer().file("f", "")).line("")).isEqualTo("d 755 0:0 0.000000000");
        }

        @Test
        void canBeNothingButADirectory() {
            stack.refuses("Invalid", "the root can be nothing but a directory", layer().file(".", "x"));
            stack.refuses("Invalid", "the root can be nothing but a directory", layer().symlink("/", "x"));
            stack.refuses(
                    "Invalid",
                    "the root can be nothing but a directory",
                    layer().file("f", "").link(".", "f"));
        }
    }

    @Nested
    @DisplayName("Later entries")
    class Later {
        @Test
        void replaceEarlierOnesOfTheSameLayer() {
            assertThat(stack.of(layer().file("f", "one").file("f", "two")).text("f"))
                    .isEqualTo("two");
        }

        @Test
        void replaceADirectoryWithAllInIt() {
            assertThat(stack.of(layer().dir("d").file("d/x", ""), layer().file("d", "now a file"))
                            .shows())
                    .containsExactly("d");
        }

        @Test
        void directoryOverDirectoryKeepsItsContentAndTakesTheNewAttributes() {
            Tarball low = layer().xattr("user.old", (byte) 1).dir("d").file("d/x", "");
            assertThat(stack.of(
                                    low,
                                    layer().mode(0700)
                                            .xattr("user.new", (byte) 2)
                                            .dir("d"))
                            .shows())
                    .containsExactly("d/", "d/x");
            assertThat(stack.line("d")).isEqualTo("d 700 0:0 1.000000000 {user.new=0x02}");
        }

        @Test
        void directoryOverAFileReplacesIt() {
            assertThat(stack.of(layer().file("d", "x"), layer().dir("d").file("d/y", ""))
                            .shows())
                    .containsExactly("d/", "d/y");
        }
    }

    @Nested
    @DisplayName("Symlinks on the way")
    class Behind {
        final Tarball base = layer().dir("real").file("real/old", "").symlink("l", "real");

        @Test
        void entryBehindALowerSymlinkLandsWhereTheLinkLeads() {
            assertThat(stack.of(base, layer().file("l/new", "")).shows())
                    .containsExactly("l", "real/", "real/new", "real/old");
        }

        @Test
        void entryBehindASymlinkOfItsOwnLayerLandsWhereTheLinkLeads() {
            assertThat(stack.of(layer().dir("real").symlink("l", "real").file("l/x", ""))
                            .shows())
                    .containsExactly("l", "real/", "real/x");
        }

        @Test
        void directoryEntryOverASymlinkReplacesIt() {
            assertThat(stack.of(base, layer().dir("l").file("l/new", "")).shows())
                    .containsExactly("l/", "l/new", "real/", "real/old");
        }

        @Test
        void absoluteLinksAndParentsAreClampedToTheRoot() {
            Tarball low = layer().dir("a").symlink("a/l", "/../../../etc").symlink("m", "../../tmp");
            assertThat(stack.of(low, layer().file("a/l/passwd", "").file("m/x", ""))
                            .shows())
                    .containsExactly("a/", "a/l", "etc/", "etc/passwd", "m", "tmp/", "tmp/x");
        }

        @Test
        void parentInALinkGoesBackFromWhereTheLinkStands() {
            Tarball low = layer().dir("a").dir("a/b").symlink("a/b/up", "../c").symlink("in", "a/b");
            assertThat(stack.of(low, layer().file("in/up/x", "")).shows())
                    .containsExactly("a/", "a/b/", "a/b/up", "a/c/", "a/c/x", "in");
        }

        @Test
        void missingDirectoriesOnTheWayAreMadeImplied() {
            assertThat(stack.of(layer().symlink("l", "not/there"), layer().file("l/x", ""))
                            .shows())
                    .containsExactly("l", "not/", "not/there/", "not/there/x");
            assertThat(stack.line("not/there")).isEqualTo("d 755 0:0 0.000000000");
        }

        /** As one tar they would hide what others have. */
        @ParameterizedTest
        @ValueSource(strings = {".wh..wh..opq", ".wh.passwd", "/srv/.wh.x/y", "d/../.wh..wh.plnk"})
        void directoriesWithNamesOfMarksAreNotMade(String target) {
            stack.refuses(
                    "Invalid",
                    "a name that begins with .wh.",
                    layer().dir("srv").dir("srv/d").symlink("srv/l", target).file("srv/l/f", ""));
            stack.refuses(
                    "Invalid",
                    "a name that begins with .wh.",
                    layer().dir("srv").dir("srv/d").symlink("srv/l", target),
                    layer().file("srv/l/f", ""));
        }

        @Test
        void loopsAreRefused() {
            stack.refuses(
                    "Invalid",
                    "may be a loop",
                    layer().symlink("a", "b").symlink("b", "a").file("a/x", ""));
            stack.refuses("Invalid", "may be a loop", layer().symlink("s", "s").file("s/x", ""));
        }

        @Test
        void chainOf40LinksIsFollowedAndOf41IsRefused() {
            Tarball chain = layer().dir("l0");
            for (int i = 1; i <= 41; i++) {
                chain.symlink("l" + i, "l" + (i - 1));
            }
            assertThat(stack.of(chain, layer().file("l40/x", "")).names()).contains("l0/x");
            stack.refuses("Invalid", "may be a loop", chain, layer().file("l41/x", ""));
        }

        @Test
        void fileInTheWayIsRefused() {
            stack.refuses("Invalid", "stands in the way", layer().file("f", ""), layer().file("f/x", ""));
        }
    }

    @Nested
    @DisplayName("Hardlinks")
    class Links {
        @Test
        void linkNamesAnEarlierEntryOfItsLayer() {
            assertThat(stack.of(layer().file("a", "x").link("b", "a")).shows()).containsExactly("a", "b");
            assertThat(stack.line("b")).contains("links 2 as a");
        }

        @Test
        void linkNamesAFileOfALowerLayer() {
            stack.of(layer().file("a", "x"), layer().link("b", "/a")).shows();
            assertThat(stack.line("b")).contains("links 2 as a");
        }

        @Test
        void linkFindsWhatItsLayerHides() {
            assertThat(stack.of(
                                    layer().file("a", "moved"),
                                    layer().whiteout("a").link("b", "a"))
                            .shows())
                    .containsExactly("b");
            assertThat(stack.text("b")).isEqualTo("moved");
        }

        @Test
        void linkFindsWhatIsInADirectoryThatItsLayerHides() {
            Tarball low = layer().dir("d").file("d/x", "x").file("d/y", "y");
            assertThat(stack.of(low, layer().opaque("d").link("d/z", "d/x").whiteout("e"))
                            .shows())
                    .containsExactly("d/", "d/z");
            assertThat(stack.of(low, layer().whiteout("d").file("d/n", "").link("z", "d/y"))
                            .shows())
                    .containsExactly("d/", "d/n", "z");
        }

        @Test
        void linkPrefersAnEarlierEntryOfItsOwnLayer() {
            stack.of(layer().file("a", "old"), layer().file("a", "new").link("b", "a"))
                    .shows();
            assertThat(stack.text("b")).isEqualTo("new");
        }

        @Test
        void linkBeforeAnEntryOfItsOwnLayerNamesTheLowerOne() {
            stack.of(layer().file("a", "old"), layer().link("b", "a").file("a", "new"))
                    .shows();
            assertThat(stack.text("b")).isEqualTo("old");
            assertThat(stack.text("a")).isEqualTo("new");
        }

        @Test
        void rewritingOneNameLeavesTheOthersAlone() {
            stack.of(layer().file("a", "one").link("b", "a").link("c", "b"), layer().file("b", "two"))
                    .shows();
            assertThat(stack.text("a")).isEqualTo("one");
            assertThat(stack.text("c")).isEqualTo("one");
            assertThat(stack.text("b")).isEqualTo("two");
            assertThat(stack.line("c")).contains("links 2 as a");
        }

        @Test
        void linkToASymlinkLinksTheSymlinkItself() {
            stack.of(
                            layer().file("a", "x").symlink("s", "a").symlink("dangling", "nowhere"),
                            layer().link("t", "s").link("u", "dangling"))
                    .shows();
            assertThat(stack.line("t")).isEqualTo("l - 0:0 1.000000000 -> a links 2 as s");
            assertThat(stack.line("u")).isEqualTo("l - 0:0 1.000000000 -> nowhere links 2 as dangling");
        }

        @Test
        void linkIsResolvedThroughSymlinksOnItsWay() {
            stack.of(layer().dir("d").file("d/x", "x").symlink("l", "/d"), layer().link("y", "l/x"))
                    .shows();
            assertThat(stack.line("d/x")).contains("links 2 as y");
        }

        @Test
        void linkToItselfChangesNothing() {
            assertThat(stack.of(layer().file("a", "x"), layer().link("a", "a")).shows())
                    .containsExactly("a");
        }

        @Test
        void linkToNothingIsRefused() {
            stack.refuses("Invalid", "hardlink target \"none\"", layer().link("a", "none"));
            stack.refuses(
                    "Invalid", "hardlink target \"b\"", layer().link("a", "b").file("b", ""));
        }

        @Test
        void linkToAPseudoLinkOfAufsIsRefused() {
            stack.refuses(
                    "Invalid",
                    "hardlink target \".wh..wh.plnk/1.2\": there is none in an earlier entry or a lower layer",
                    layer().dir(".wh..wh.plnk").file(".wh..wh.plnk/1.2", "x").link("a", ".wh..wh.plnk/1.2"));
        }

        @Test
        void linkToADirectoryIsRefused() {
            stack.refuses("Invalid", "got a directory", layer().dir("d").link("a", "d"));
        }

        @Test
        void linkAboveTheRootIsRefused() {
            stack.refuses("Invalid", "leads above the root", layer().link("a", "../etc/passwd"));
        }
    }

    @Nested
    @DisplayName("Attributes")
    class Attributes {
        @Test
        void ofEveryKindSurvive() {
            stack.of(layer().mode(04755)
                            .owner(4294967294L, 65536)
                            .time("-1.25")
                            .file("suid", "x")
                            .mode(01777)
                            .time("1700000000.123456789")
                            .dir("tmp")
                            .mode(02750)
                            .file("sgid", "")
                            .mode(0660)
                            .owner(1, 2)
                            .character("chr", 1, 3)
                            .mode(0600)
                            .block("blk", 259, 65537)
                            .mode(0622)
                            .fifo("pipe")
                            .owner(9, 9)
                            .time("5.5")
                            .symlink("l", "x"))
                    .shows();
            assertThat(stack.line("suid")).startsWith("f 4755 4294967294:65536 -2.750000000 1 ");
            assertThat(stack.line("tmp")).isEqualTo("d 1777 0:0 1700000000.123456789");
            assertThat(stack.line("sgid")).startsWith("f 2750 ");
            assertThat(stack.line("chr")).isEqualTo("c 660 1:2 1.000000000 1:3 links 1");
            assertThat(stack.line("blk")).isEqualTo("b 600 0:0 1.000000000 259:65537 links 1");
            assertThat(stack.line("pipe")).isEqualTo("p 622 0:0 1.000000000 links 1");
            assertThat(stack.line("l")).isEqualTo("l - 9:9 5.500000000 -> x links 1");
        }

        @Test
        void xattrsSurviveByteForByte() {
            byte[] capability = {1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
            byte[] acl = {
                2, 0, 0, 0, 1, 0, 6, 0, -1, -1, -1, -1, 2, 0, 4, 0, 9, 0, 0, 0, 4, 0, 4, 0, -1, -1, -1, -1, 16, 0, 4, 0,
                -1, -1, -1, -1, 32, 0, 4, 0, -1, -1, -1, -1
            };
            stack.of(layer().xattr("security.capability", capability)
                            .xattr("user.zero", (byte) 0, (byte) 10, (byte) '=')
                            .xattr("trusted.t", (byte) 1)
                            .file("f", "x")
                            .mode(0644)
                            .xattr("system.posix_acl_access", acl)
                            .file("acl", ""))
                    .shows();
            assertThat(stack.line("f"))
                    .endsWith("{security.capability=0x0100000200040000000000000000000000000000} {trusted.t=0x01}"
                            + " {user.zero=0x000a3d}");
            assertThat(stack.line("acl")).contains("{system.posix_acl_access=0x0200000001000600ffffffff");
        }

        @Test
        void xattrsOfOverlayfsAreDropped() {
            stack.of(layer().xattr("trusted.overlay.opaque", (byte) 'y')
                            .xattr("user.overlay.whiteout", (byte) 'y')
                            .xattr("user.kept", (byte) 1)
                            .dir("d"))
                    .shows();
            assertThat(stack.line("d")).isEqualTo("d 755 0:0 1.000000000 {user.kept=0x01}");
        }

        @Test
        void xattrsThatLinuxHasNoPlaceForAreInTheTreeAndNowhereElse() {
            stack.of(layer().xattr("com.apple.x", (byte) 1)
                            .xattr("user.", (byte) 2)
                            .xattr("user.x", (byte) 3)
                            .file("f", "x")
                            .xattr("user.x", (byte) 4)
                            .xattr("trusted.x", (byte) 5)
                            .symlink("l", "f")
                            .xattr("user.x", (byte) 6)
                            .character("null", 1, 3)
                            .xattr("user.x", (byte) 7)
                            .fifo("pipe"))
                    .shows();
            assertThat(stack.line("f")).endsWith(" {com.apple.x=0x01} {user.=0x02} {user.x=0x03}");
            assertThat(stack.line("l")).endsWith(" {trusted.x=0x05} {user.x=0x04}");
            assertThat(stack.line("null")).endsWith(" {user.x=0x06}");
            assertThat(stack.line("pipe")).endsWith(" {user.x=0x07}");
        }

        @Test
        void deviceZeroZeroIsADeviceAndHidesNothing() {
            assertThat(stack.of(
                                    layer().file("f", "x").dir("d").file("d/x", ""),
                                    layer().character("n", 0, 0).character("d/y", 0, 0))
                            .shows())
                    .containsExactly("d/", "d/x", "d/y", "f", "n");
            assertThat(stack.line("n")).contains(" 0:0 links 1");
        }

        @Test
        void holesAreReadAsZerosAndRunsWhereTheyBelong() {
            byte[] data = new byte[1024];
            java.util.Arrays.fill(data, 0, 512, (byte) 'a');
            java.util.Arrays.fill(data, 512, 1024, (byte) 'b');
            stack.of(layer().sparse("s", 1 << 20, new long[] {4096, 512, (1 << 20) - 512, 512}, data))
                    .shows();
            byte[] bytes = stack.bytes("s");
            assertThat(bytes).hasSize(1 << 20);
            assertThat(bytes[4095]).isZero();
            assertThat(bytes[4096]).isEqualTo((byte) 'a');
            assertThat(bytes[(1 << 20) - 1]).isEqualTo((byte) 'b');
        }

        @Test
        void runsThatStandOnNoBlockAreReadAllTheSame() {
            byte[] data = "hello".getBytes(StandardCharsets.UTF_8);
            stack.of(layer().sparse("s", 5000, new long[] {1000, 2, 4997, 3}, data))
                    .shows();
            byte[] bytes = stack.bytes("s");
            assertThat(new String(bytes, 1000, 2, StandardCharsets.UTF_8)).isEqualTo("he");
            assertThat(new String(bytes, 4997, 3, StandardCharsets.UTF_8)).isEqualTo("llo");
        }

        @Test
        void ownerThatNobodyCanBeIsRefused() {
            stack.refuses(
                    "Invalid",
                    "uid: got 4294967295",
                    layer().owner(4294967295L, 0).file("f", ""));
        }
    }
}
