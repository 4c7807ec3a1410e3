package io.varve.layerfs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TreeBuilderTest {
    private final TreeBuilder builder = new TreeBuilder(0, 1L << 30);

    @Test
    void emptyTreeIsARootThatNobodyDescribed() {
        Tree tree = builder.build();
        assertThat(tree.inodes()).isEqualTo(1);
        assertThat(tree.entries()).isZero();
        assertThat(tree.mode(Tree.ROOT)).isEqualTo(0755);
        assertThat(tree.links(Tree.ROOT)).isEqualTo(2);
        assertThat(tree.path(Tree.ROOT)).isEmpty();
    }

    @Test
    void directoriesAreSortedByteByByte() {
        for (String name : List.of("b", "a", "\u00e9", "ab", "B", "a-")) {
            file(Tree.ROOT, name);
        }
        assertThat(names(builder.build(), Tree.ROOT)).containsExactly("B", "a", "a-", "ab", "b", "\u00e9");
    }

    @Test
    void whatTheTreeShowsDoesNotDependOnTheOrderItCameIn() {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            names.add("n" + i);
        }
        Tree ordered = withFiles(names);
        Collections.shuffle(names, new Random(3));
        Tree shuffled = withFiles(names);
        assertThat(names(shuffled, Tree.ROOT)).isEqualTo(names(ordered, Tree.ROOT));
        assertThat(shuffled.inodes()).isEqualTo(ordered.inodes());
    }

    @Test
    void parentsAreNumberedBeforeWhatIsInThem() {
        int a = directory(Tree.ROOT, "a");
        int b = directory(a, "b");
        file(b, "deep");
        file(Tree.ROOT, "z");
        Tree tree = builder.build();
        for (int inode = 1; inode < tree.inodes(); inode++) {
            assertThat(tree.parent(inode)).isLessThan(inode);
        }
        int deepest = tree.resolve(bytes("a/b"));
        assertThat(tree.path(deepest)).isEqualTo(bytes("a/b"));
        assertThat(tree.links(Tree.ROOT)).isEqualTo(3);
    }

    @Test
    void namesOfOneFileShareItsInode() {
        int file = file(Tree.ROOT, "one");
        int dir = directory(Tree.ROOT, "dir");
        put(dir, "two", file);
        Tree tree = builder.build();
        assertThat(tree.resolve(bytes("one"))).isEqualTo(tree.resolve(bytes("dir/two")));
        assertThat(tree.links(tree.resolve(bytes("one")))).isEqualTo(2);
    }

    @Test
    void whatWasRemovedIsGoneButCanBeSeenAsItWasBefore() {
        int dir = directory(Tree.ROOT, "dir");
        int file = file(dir, "file");
        builder.nextGeneration();
        builder.remove(Tree.ROOT, bytes("dir"), 0, 3);
        int added = file(Tree.ROOT, "added");
        assertThat(find(builder, Tree.ROOT, "dir")).isEqualTo(Tree.NONE);
        assertThat(find(builder.before(), Tree.ROOT, "dir")).isEqualTo(dir);
        assertThat(find(builder.before(), dir, "file")).isEqualTo(file);
        assertThat(find(builder.before(), Tree.ROOT, "added")).isEqualTo(Tree.NONE);
        assertThat(find(builder, Tree.ROOT, "added")).isEqualTo(added);
        builder.nextGeneration();
        assertThat(find(builder.before(), Tree.ROOT, "dir")).isEqualTo(Tree.NONE);
        assertThat(names(builder.build(), Tree.ROOT)).containsExactly("added");
    }

    @Test
    void clearedDirectoryIsEmptyAndCanBeFilledAgain() {
        int dir = directory(Tree.ROOT, "dir");
        file(dir, "a");
        file(dir, "b");
        builder.nextGeneration();
        builder.clear(dir);
        file(dir, "b");
        Tree tree = builder.build();
        assertThat(names(tree, tree.resolve(bytes("dir")))).containsExactly("b");
    }

    @Test
    void pathsAreResolvedThroughSymlinksInsideTheRoot() {
        int a = directory(Tree.ROOT, "a");
        int file = file(a, "f");
        symlink(Tree.ROOT, "abs", "/a");
        symlink(a, "up", "../../../a/f");
        symlink(Tree.ROOT, "loop", "loop");
        symlink(Tree.ROOT, "dangling", "none");
        Tree tree = builder.build();
        assertThat(tree.inodes()).isGreaterThan(file);
        int wanted = tree.resolve(bytes("a/f"));
        assertThat(tree.resolve(bytes("abs/f"))).isEqualTo(wanted);
        assertThat(tree.resolve(bytes("/abs/up"))).isEqualTo(wanted);
        assertThat(tree.resolve(bytes("a/../abs/./f"))).isEqualTo(wanted);
        assertThat(tree.resolve(bytes("../.."))).isEqualTo(Tree.ROOT);
        assertThat(tree.resolve(bytes("dangling"))).isEqualTo(Tree.NONE);
        assertThat(tree.resolve(bytes("a/f/x"))).isEqualTo(Tree.NONE);
        assertThatThrownBy(() -> tree.resolve(bytes("loop"))).hasMessageContaining("may be a loop");
    }

    @Test
    void treeThatTakesTooMuchMemoryIsRefused() {
        TreeBuilder small = new TreeBuilder(0, 100_000);
        assertThatThrownBy(() -> {
                    for (int i = 0; i < 10_000; i++) {
                        byte[] name = bytes("some-name-" + i);
                        small.put(Tree.ROOT, name, 0, name.length, small.add(inode(FileType.FIFO, ""), 0));
                    }
                    small.build();
                })
                .hasMessageContaining("Exceeded")
                .hasMessageContaining("limits.treeBytes");
    }

    /** Layers say how many entries they have, and need not have them. */
    @Test
    void expectationsTakeNoMoreThanIsAllowed() {
        TreeBuilder small = new TreeBuilder(Integer.MAX_VALUE, 100_000);
        small.put(Tree.ROOT, bytes("f"), 0, 1, small.add(inode(FileType.FIFO, ""), 0));
        assertThat(names(small.build(), Tree.ROOT)).containsExactly("f");
    }

    @Test
    void memoryThatMakingTheTreeTakesIsCountedToo() {
        TreeBuilder small = new TreeBuilder(1_000, 170_000);
        for (int i = 0; i < 999; i++) {
            byte[] name = bytes("f" + i);
            small.put(Tree.ROOT, name, 0, name.length, small.add(inode(FileType.FIFO, ""), 0));
        }
        assertThatThrownBy(small::build)
                .hasMessageContaining("Exceeded: memory for a tree: got ")
                .hasMessageContaining("limits.treeBytes");
    }

    @Test
    void memoryOfATreeDependsOnNothingButWhatItShows() {
        TreeBuilder roomy = new TreeBuilder(10_000, 1L << 30);
        for (TreeBuilder each : List.of(builder, roomy)) {
            int link = each.add(inode(FileType.SYMLINK, "x".repeat(4_000)), 0);
            each.put(Tree.ROOT, bytes("l"), 0, 1, link);
            each.put(Tree.ROOT, bytes("l"), 0, 1, each.add(inode(FileType.SYMLINK, "target"), 0));
        }
        Tree tree = builder.build();
        assertThat(tree.bytes()).isEqualTo(roomy.build().bytes()).isLessThan(200);
    }

    @Test
    void limitThatTablesCannotReachIsNoLimit() {
        assertThat(new LayerLimits(1, 1, Integer.MAX_VALUE).treeBytes()).isEqualTo(Integer.MAX_VALUE);
        for (long wrong : new long[] {-1, 1L << 31, Long.MAX_VALUE}) {
            assertThatThrownBy(() -> new LayerLimits(1, 1, wrong))
                    .hasMessage("Invalid: limits.treeBytes: got " + wrong + ", wanted 0 to 2147483647");
        }
    }

    @Test
    void tablesGrowByHalfUpToWhatAnArrayCanHold() {
        assertThat(Growth.capacity(1_000, 1)).isEqualTo(1_517);
        assertThat(Growth.capacity(10, 1_000)).isGreaterThanOrEqualTo(1_010);
        int most = Integer.MAX_VALUE - 8;
        assertThat(Growth.capacity(2_000_000_000, 5)).isEqualTo(most);
        assertThat(Growth.capacity(most - 1, 1)).isEqualTo(most);
        assertThatThrownBy(() -> Growth.capacity(most, 1)).hasMessageContaining("Exceeded");
        assertThatThrownBy(() -> Growth.capacity(most, Integer.MAX_VALUE)).hasMessageContaining("got 4294967286");
    }

    @Test
    void deepTreesNeedNoStack() {
        int dir = Tree.ROOT;
        for (int i = 0; i < 20_000; i++) {
            dir = directory(dir, "d");
        }
        Tree tree = builder.build();
        assertThat(tree.path(tree.inodes() - 1)).hasSize(2 * 20_000 - 1);
    }

    private Tree withFiles(List<String> names) {
        TreeBuilder each = new TreeBuilder(0, 1L << 30);
        for (String name : names) {
            byte[] bytes = bytes(name);
            each.put(Tree.ROOT, bytes, 0, bytes.length, each.add(inode(FileType.FIFO, ""), 0));
        }
        return each.build();
    }

    private int directory(int in, String name) {
        return put(in, name, builder.add(Inode.IMPLIED_DIRECTORY, 0));
    }

    private int file(int in, String name) {
        return put(in, name, builder.add(inode(FileType.REGULAR, ""), 0));
    }

    private int symlink(int in, String name, String target) {
        return put(in, name, builder.add(inode(FileType.SYMLINK, target), 0));
    }

    private int put(int in, String name, int inode) {
        byte[] bytes = bytes(name);
        builder.put(in, bytes, 0, bytes.length, inode);
        return inode;
    }

    private static Inode inode(FileType type, String target) {
        return new Inode(type, 0644, 0, 0, 0, 0, 0, 0, 0, bytes(target), List.of(), Inode.NO_EXTENTS);
    }

    private static int find(Namespace names, int dir, String name) {
        byte[] bytes = bytes(name);
        return names.find(dir, bytes, 0, bytes.length);
    }

    private static List<String> names(Tree tree, int dir) {
        List<String> names = new ArrayList<>();
        for (int e = tree.firstEntry(dir); e < tree.endEntry(dir); e++) {
            names.add(new String(tree.name(e), UTF_8));
        }
        return names;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(UTF_8);
    }
}
