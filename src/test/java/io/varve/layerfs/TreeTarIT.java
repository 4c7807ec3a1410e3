package io.varve.layerfs;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Digest;
import io.varve.os.Staging;
import io.varve.tar.TarEntry;
import io.varve.tar.TarLimits;
import io.varve.tar.TarReader;
import io.varve.tar.TarType;
import io.varve.tar.TarXattr;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Trees made by hand, whose one layer holds nothing but data, as tars. */
class TreeTarIT {
    private static final byte[] NOTHING = {};
    private static final long[] NO_EXTENTS = {};

    @TempDir
    Path directory;

    private final TreeBuilder builder = new TreeBuilder(64, 1L << 30);
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();

    private static byte[] bytes(String text) {
        return text.getBytes(ISO_8859_1);
    }

    private int put(int in, byte[] name, Inode inode) {
        int added = builder.add(inode, 0);
        builder.put(in, name, 0, name.length, added);
        return added;
    }

    private int directory(int in, String name) {
        return put(in, bytes(name), Inode.directory(0755, 0, 0, 1, 0, List.of()));
    }

    private int file(int in, String name, String content) {
        return put(in, bytes(name), regular(content.length(), 0, content.length(), at(bytes(content))));
    }

    private void link(int in, String name, int inode) {
        builder.put(in, bytes(name), 0, bytes(name).length, inode);
    }

    private static Inode regular(long size, long... extents) {
        return new Inode(FileType.REGULAR, 0644, 0, 0, 1, 0, size, 0, 0, NOTHING, List.of(), extents);
    }

    /** Where in the layer's tar these bytes are from now on. */
    private long at(byte[] content) {
        long at = data.size();
        data.writeBytes(content);
        return at;
    }

    private List<Layer> layers() throws IOException {
        Path tar = Files.write(directory.resolve("data"), data.toByteArray());
        return List.of(new Layer(Digest.sha256(NOTHING), tar, data.size(), tar));
    }

    private byte[] written(Tree tree) throws IOException {
        return written(tree, layers());
    }

    private static byte[] written(Tree tree, List<Layer> layers) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        TreeTar.write(tree, layers, Channels.newChannel(out));
        return out.toByteArray();
    }

    private static List<TarEntry> read(byte[] tar) {
        List<TarEntry> entries = new ArrayList<>();
        TarReader reader = new TarReader(TarLimits.DEFAULTS, entries::add);
        reader.accept(Unpooled.wrappedBuffer(tar));
        reader.finish();
        return entries;
    }

    private static List<String> names(byte[] tar) {
        return read(tar).stream()
                .map(entry -> new String(entry.name(), ISO_8859_1)
                        + (entry.link().length > 0 ? " > " + new String(entry.link(), ISO_8859_1) : ""))
                .toList();
    }

    @Test
    void emptyRootIsOneEntryWithItsAttributes() throws IOException {
        builder.describe(Tree.ROOT, Inode.directory(01751, -2, 8, -7, 6, List.of(Xattr.of("user.x", NOTHING))), 0);

        assertThat(read(written(builder.build())))
                .containsExactly(TarEntry.of(TarType.DIRECTORY, "./", "", 01751)
                        .withOwner(4_294_967_294L, 8)
                        .withTime(-7, 6)
                        .withXattrs(List.of(TarXattr.of("user.x", NOTHING))));
    }

    @Test
    void directoryIsFollowedByWhatIsInItAndBeginsWithWhatIsNoDirectory() throws IOException {
        int b = directory(Tree.ROOT, "b");
        int a = directory(Tree.ROOT, "a");
        int deep = directory(a, "deep");
        file(deep, "f", "");
        file(a, "z", "");
        file(b, "f", "");
        file(Tree.ROOT, "c", "");

        assertThat(names(written(builder.build())))
                .containsExactly("./", "c", "a/", "a/z", "a/deep/", "a/deep/f", "b/", "b/f");
    }

    /** The first name is the first in the tar, whichever the layers had first. */
    @Test
    void firstNameCarriesTheDataAndFurtherOnesAreLinksWithItsAttributes() throws IOException {
        int a = directory(Tree.ROOT, "a");
        List<Xattr> capability = List.of(Xattr.of("security.capability", bytes("c")));
        int tool = put(
                a,
                bytes("tool"),
                new Inode(FileType.REGULAR, 04755, 5, 6, 7, 8, 4, 0, 0, NOTHING, capability, new long[] {
                    0, 4, at(bytes("tool"))
                }));
        link(a, "alias", tool);
        link(Tree.ROOT, "zero", tool);
        int device = put(
                a,
                bytes("device"),
                new Inode(FileType.BLOCK, 0600, 0, 0, 0, 0, 0, 9, 10, NOTHING, List.of(), NO_EXTENTS));
        link(a, "same", device);
        int symlink = put(
                a,
                bytes("symlink"),
                new Inode(FileType.SYMLINK, 0777, 0, 0, 0, 0, 0, 0, 0, bytes("to"), List.of(), NO_EXTENTS));
        link(a, "too", symlink);

        byte[] tar = written(builder.build());

        assertThat(names(tar))
                .containsExactly(
                        "./",
                        "zero",
                        "a/",
                        "a/alias > zero",
                        "a/device",
                        "a/same > a/device",
                        "a/symlink > to",
                        "a/too > a/symlink",
                        "a/tool > zero");
        assertThat(read(tar).stream().filter(entry -> entry.mode() == 04755))
                .hasSize(3)
                .allSatisfy(entry -> {
                    assertThat(entry.type()).isEqualTo(entry.link().length == 0 ? TarType.REGULAR : TarType.HARDLINK);
                    assertThat(entry.size()).isEqualTo(entry.link().length == 0 ? 4 : 0);
                    assertThat(entry.uid() + " " + entry.gid() + " " + entry.mtime() + " " + entry.nanos())
                            .isEqualTo("5 6 7 8");
                    assertThat(entry.xattrs()).containsExactly(TarXattr.of("security.capability", bytes("c")));
                });
    }

    /** What was copied first is not there any more when something else was put in its place. */
    @Test
    void copiesShareNoDataThatALaterOneReplaces() throws IOException {
        link(Tree.ROOT, "y", file(Tree.ROOT, "x", "secret"));
        file(Tree.ROOT, "b", "other");
        Tree tree = builder.build();
        int x = tree.resolve(bytes("x"));
        int b = tree.resolve(bytes("b"));
        ByteArrayOutputStream out = new ByteArrayOutputStream();

        TreeTar.copy(
                tree,
                layers(),
                List.of(
                        new TreeTar.Copy(x, bytes("p")),
                        new TreeTar.Copy(b, bytes("p")),
                        new TreeTar.Copy(x, bytes("q"))),
                null,
                Channels.newChannel(out));

        byte[] tar = out.toByteArray();
        assertThat(names(tar)).containsExactly("p", "p", "q");
        assertThat(content(tar, read(tar).getLast())).isEqualTo(bytes("secret"));
    }

    @Test
    void nothingButUstarIsWrittenWhereThatCanSayIt() throws IOException {
        int d = directory(Tree.ROOT, "d".repeat(99));
        file(d, "f".repeat(100), "data");

        // Three headers, a block of data, and the end.
        assertThat(written(builder.build())).hasSize((3 + 1 + 2) * 512);
    }

    @Test
    void holesAreWrittenAsZeros() throws IOException {
        long one = at(bytes("one"));
        long two = at(bytes("two"));
        put(Tree.ROOT, bytes("sparse"), regular(300_000, 100_000, 3, two, 200_000, 3, one));
        put(Tree.ROOT, bytes("hole"), regular(70_000));
        byte[] expected = new byte[300_000];
        System.arraycopy(bytes("two"), 0, expected, 100_000, 3);
        System.arraycopy(bytes("one"), 0, expected, 200_000, 3);

        byte[] tar = written(builder.build());

        List<TarEntry> entries = read(tar);
        assertThat(content(tar, entries.get(1))).isEqualTo(new byte[70_000]);
        assertThat(content(tar, entries.get(2))).isEqualTo(expected);
    }

    private static byte[] content(byte[] tar, TarEntry entry) {
        assertThat(entry.extents()).containsExactly(0, entry.size(), entry.extents()[2]);
        int at = (int) entry.extents()[2];
        return Arrays.copyOfRange(tar, at, at + (int) entry.size());
    }

    /** Of a file that is too long for a number of ustar, in memory of one buffer. */
    @Test
    void longFilesStreamThrough() throws IOException {
        long size = (8L << 30) + 1;
        put(Tree.ROOT, bytes("long"), regular(size));
        class Counted implements WritableByteChannel {
            private final byte[] start = new byte[2048];
            private long bytes;

            @Override
            public int write(ByteBuffer from) {
                int length = from.remaining();
                if (bytes == 0) {
                    from.get(0, start);
                }
                bytes += length;
                from.position(from.limit());
                return length;
            }

            @Override
            public boolean isOpen() {
                return true;
            }

            @Override
            public void close() {}
        }
        Counted counted = new Counted();

        TreeTar.write(builder.build(), layers(), counted);

        // The root, the record with its header, the header, the data, and the end.
        assertThat(counted.bytes).isEqualTo(4 * 512 + (8L << 30) + 512 + 2 * 512);
        assertThat(new String(counted.start, ISO_8859_1)).contains("19 size=8589934593\n");
    }

    @Test
    void keepsNoPathsOfWhatIsStillToBeWritten() throws IOException {
        Tree tree = LongPaths.tree();
        long before = LongPaths.heldBytes();
        long[] counts = new long[2];

        TreeTar.write(tree, layers(), new WritableByteChannel() {
            @Override
            public int write(ByteBuffer from) {
                int count = from.remaining();
                if (counts[0] <= LongPaths.PATH_BYTES && counts[0] + count > LongPaths.PATH_BYTES) {
                    counts[1] = LongPaths.heldBytes() - before;
                }
                counts[0] += count;
                from.position(from.limit());
                return count;
            }

            @Override
            public boolean isOpen() {
                return true;
            }

            @Override
            public void close() {}
        });

        assertThat(counts[0]).isGreaterThan(3 * LongPaths.PATH_BYTES);
        assertThat(counts[1]).isNotZero().isLessThan(LongPaths.PATH_BYTES / 10);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void readBackItIsTheSameTree(long seed) throws IOException {
        Random random = new Random(seed);
        Tree tree = anyTree(random);
        List<Layer> layers = layers();
        byte[] tar = written(tree, layers);

        Path store = directory.resolve("store");
        LayerFs fs = new LayerFs(store, new Staging(store.resolve("ingest")), TarLimits.DEFAULTS, LayerLimits.DEFAULTS);
        Layer layer;
        ByteBuf slab = Unpooled.directBuffer(tar.length).writeBytes(tar);
        try (LayerWriter writer = fs.write(Digest.sha256(tar))) {
            writer.accept(slab);
            layer = writer.commit();
        } finally {
            slab.release();
        }
        Tree back = fs.merge(List.of(layer));

        assertThat(back.entries()).isEqualTo(tree.entries()).isGreaterThan(100);
        assertThat(described(back, List.of(layer))).isEqualTo(described(tree, layers));
        assertThat(written(back, List.of(layer))).isEqualTo(tar);
    }

    /** By number, which depends on nothing but what a tree shows. */
    private static List<String> described(Tree tree, List<Layer> layers) throws IOException {
        List<String> lines = new ArrayList<>();
        for (int inode = 0; inode < tree.inodes(); inode++) {
            String line = tree.type(inode) + " " + tree.mode(inode) + " " + tree.uid(inode) + " " + tree.gid(inode)
                    + " " + tree.mtime(inode) + " " + tree.nanos(inode) + " " + tree.major(inode) + " "
                    + tree.minor(inode) + " " + tree.links(inode) + " " + new String(tree.target(inode), ISO_8859_1)
                    + " " + tree.parent(inode) + " in " + tree.firstEntry(inode) + " to " + tree.endEntry(inode);
            for (Xattr xattr : tree.xattrs(inode)) {
                line += " " + new String(xattr.name(), ISO_8859_1) + "=" + new String(xattr.value(), ISO_8859_1);
            }
            if (tree.type(inode) == FileType.REGULAR) {
                ByteArrayOutputStream content = new ByteArrayOutputStream();
                tree.copy(inode, layers, Channels.newChannel(content));
                line += " " + tree.size(inode) + " " + Digest.sha256(content.toByteArray());
            }
            lines.add(line);
        }
        for (int entry = 0; entry < tree.entries(); entry++) {
            lines.add(new String(tree.name(entry), ISO_8859_1) + " " + tree.inode(entry));
        }
        return lines;
    }

    private Tree anyTree(Random random) {
        List<Integer> directories = new ArrayList<>(List.of(Tree.ROOT));
        List<Integer> others = new ArrayList<>();
        List<FileType> types = List.of(FileType.values());
        for (int i = 0; i < 400; i++) {
            int in = directories.get(random.nextInt(directories.size()));
            byte[] name = anyName(random);
            if (builder.find(in, name, 0, name.length) != Tree.NONE) {
                continue;
            }
            if (!others.isEmpty() && random.nextInt(4) == 0) {
                builder.put(in, name, 0, name.length, others.get(random.nextInt(others.size())));
                continue;
            }
            FileType type = types.get(random.nextInt(types.size()));
            int added = put(in, name, anyInode(random, type));
            (type == FileType.DIRECTORY ? directories : others).add(added);
        }
        return builder.build();
    }

    private Inode anyInode(Random random, FileType type) {
        boolean device = type == FileType.CHARACTER || type == FileType.BLOCK;
        long size = 0;
        long[] extents = NO_EXTENTS;
        if (type == FileType.REGULAR) {
            extents = new long[3 * random.nextInt(4)];
            for (int i = 0; i < extents.length; i += 3) {
                byte[] content = new byte[1 + random.nextInt(random.nextInt(3) == 0 ? 400_000 : 3_000)];
                random.nextBytes(content);
                extents[i] = size + (random.nextBoolean() ? 0 : random.nextInt(100_000));
                extents[i + 1] = content.length;
                extents[i + 2] = at(content);
                size = extents[i] + content.length;
            }
            size += random.nextInt(3) == 0 ? random.nextInt(100_000) : 0;
        }
        return new Inode(
                type,
                random.nextInt(010000),
                random.nextBoolean() ? random.nextInt(2_000) : random.nextInt() & ~1,
                random.nextBoolean() ? random.nextInt(2_000) : random.nextInt() & ~1,
                random.nextBoolean() ? random.nextInt() : Math.max(-Long.MAX_VALUE, random.nextLong()),
                random.nextBoolean() ? 0 : random.nextInt(1_000_000_000),
                size,
                device ? random.nextInt(0x1000) : 0,
                device ? random.nextInt(0x10_0000) : 0,
                type == FileType.SYMLINK ? anyBytes(random, 300, true) : NOTHING,
                anyXattrs(random),
                extents);
    }

    /** Long ones now and then, so that paths pass what ustar can say. */
    private static byte[] anyName(Random random) {
        byte[] name = anyBytes(random, random.nextInt(4) == 0 ? 255 : 8, false);
        // No name of a layer is a dot, or two.
        name[0] = name[0] == '.' ? (byte) 'x' : name[0];
        return name;
    }

    private static byte[] anyBytes(Random random, int most, boolean slashes) {
        byte[] some = new byte[1 + random.nextInt(most)];
        for (int i = 0; i < some.length; i++) {
            byte each = (byte) (1 + random.nextInt(255));
            some[i] = each == '/' && !slashes ? (byte) '|' : each;
        }
        return some;
    }

    private static List<Xattr> anyXattrs(Random random) {
        TreeSet<String> names = new TreeSet<>();
        for (int i = random.nextInt(8) - 4; i > 0; i--) {
            names.add("user." + (char) ('a' + random.nextInt(26)) + (random.nextBoolean() ? "=%" : ""));
        }
        return names.stream()
                .map(name -> Xattr.of(name, anyBytes(random, 200, true)))
                .toList();
    }

    /** No merge shows them, but an index may, and as a layer the tar would hide what lies below it. */
    @Test
    void namesOfMarksAreRefused() throws IOException {
        int srv = directory(Tree.ROOT, "srv");
        file(srv, ".wh.passwd", "");
        assertRefused(
                builder.build(),
                Category.INVALID,
                "/srv/.wh.passwd: got a name that begins with .wh., which would take others away");

        TreeBuilder another = new TreeBuilder(4, 1L << 20);
        Inode opaque = Inode.directory(0755, 0, 0, 1, 0, List.of());
        another.put(Tree.ROOT, bytes(".wh..wh..opq"), 0, 12, another.add(opaque, 0));
        assertRefused(
                another.build(),
                Category.INVALID,
                "/.wh..wh..opq: got a name that begins with .wh., which would take others away");
    }

    @Test
    void tarOfALayerThatIsCutOffIsToldWithThePath() throws IOException {
        int etc = directory(Tree.ROOT, "etc");
        put(etc, bytes("small"), regular(10, 0, 10, 5));
        assertRefused(
                builder.build(), Category.INVALID, "/etc/small: the layer's tar ends at 0, wanted bytes up to 15");

        TreeBuilder another = new TreeBuilder(4, 1L << 20);
        another.put(Tree.ROOT, bytes("large"), 0, 5, another.add(regular(1 << 20, 0, 1 << 20, 0), 0));
        assertRefused(
                another.build(), Category.INVALID, "/large: the layer's tar ends at 0, wanted bytes up to 1048576");
    }

    @Test
    void tarOfALayerThatIsNotThereIsNamed() throws IOException {
        Path gone = directory.resolve("gone");
        Layer layer = new Layer(Digest.sha256(NOTHING), gone, 0, gone);

        assertThatThrownBy(() -> written(builder.build(), List.of(layer)))
                .isInstanceOf(Failure.class)
                .hasMessageContaining(gone.toString());
    }

    private void assertRefused(Tree tree, Category category, String message) {
        assertThatThrownBy(() -> written(tree)).isInstanceOfSatisfying(Failure.class, failure -> {
            assertThat(failure.category()).isEqualTo(category);
            assertThat(failure).hasMessageEndingWith(message);
        });
    }

    @Test
    void interruptEndsIt() throws IOException {
        file(Tree.ROOT, "f", "f");
        Tree tree = builder.build();
        List<Layer> layers = layers();
        Thread.currentThread().interrupt();
        try {
            assertThatThrownBy(() -> written(tree, layers))
                    .isInstanceOfSatisfying(
                            Failure.class,
                            failure -> assertThat(failure.category()).isEqualTo(Category.CANCELLED));
            assertThat(Thread.currentThread().isInterrupted()).isTrue();
        } finally {
            Thread.interrupted();
        }
    }
}
