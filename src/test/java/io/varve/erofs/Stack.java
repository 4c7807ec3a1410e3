package io.varve.erofs;

import io.varve.layerfs.FileType;
import io.varve.layerfs.Inode;
import io.varve.layerfs.Layer;
import io.varve.layerfs.Tree;
import io.varve.layerfs.TreeBuilder;
import io.varve.layerfs.Xattr;
import io.varve.oci.Digest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A stack under construction: tars of junk with data where a tar has it, and a namespace over them. */
final class Stack {
    static final Digest CHAIN = Digest.sha256("a chain".getBytes(StandardCharsets.UTF_8));
    static final ErofsLimits LIMITS = ErofsLimits.DEFAULTS;

    private final Path directory;
    private final TreeBuilder builder = new TreeBuilder(64, 4L << 30);
    private final List<Path> tars = new ArrayList<>();
    private final List<Long> sizes = new ArrayList<>();
    private final Random random = new Random(1);

    Stack(Path directory) {
        this.directory = directory;
    }

    static Stack withLayers(Path directory, int layers) {
        Stack stack = new Stack(directory);
        for (int i = 0; i < layers; i++) {
            stack.layer();
        }
        return stack;
    }

    /** Every type of file, and every way in which an index says something, in two layers. */
    static Stack withEverything(Path directory) {
        Stack stack = withLayers(directory, 2);
        stack.root(Inode.directory(01777, 1, 2, -3, 4, List.of(Xattr.of("user.root", stack.bytes(3)))));
        int deep = Tree.ROOT;
        for (int i = 0; i < 5; i++) {
            deep = stack.directory(deep, "deep" + i, Xattr.of("security.selinux", stack.bytes(30)));
            stack.file(deep, "base", 0, stack.bytes(700 * i));
            stack.file(deep, "top", 1, stack.bytes(1), Xattr.of("user.x", stack.bytes(100 * i)));
        }
        int many = stack.directory(Tree.ROOT, "many");
        int file = stack.file(Tree.ROOT, "f", 0, stack.bytes(10));
        for (int i = 0; i < 40; i++) {
            stack.link(many, "a rather long name, so that there are several blocks " + i, file);
        }
        long at = stack.data(1, stack.bytes(5000));
        stack.sparse(Tree.ROOT, "sparse", 1, 9000, new long[] {512, 1024, at, 4096, 1000, at + 1024});
        stack.sparse(Tree.ROOT, "crooked", 1, 9000, new long[] {5, 1024, at, 4097, 1000, at + 1030});
        stack.sparse(Tree.ROOT, "hole", 1, 1 << 20, new long[0]);
        stack.put(Tree.ROOT, "symlink", symlink("short"));
        stack.put(Tree.ROOT, "long", symlink("l".repeat(1500)));
        stack.put(Tree.ROOT, "c", device(FileType.CHARACTER, 4095, 1048575));
        stack.put(Tree.ROOT, "b", device(FileType.BLOCK, 8, 257));
        stack.put(Tree.ROOT, "p", device(FileType.FIFO, 0, 0));
        stack.put(
                Tree.ROOT,
                "odd",
                new Inode(
                        FileType.REGULAR,
                        07777,
                        -2,
                        -1,
                        Long.MIN_VALUE,
                        999_999_999,
                        0,
                        0,
                        0,
                        new byte[0],
                        List.of(),
                        new long[0]));
        stack.file(Tree.ROOT, "last", 0, stack.bytes(600));
        return stack;
    }

    /** Adds a layer whose tar is empty. */
    int layer() {
        try {
            tars.add(Files.createFile(directory.resolve("tar" + tars.size())));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        sizes.add(0L);
        return tars.size() - 1;
    }

    /** Random bytes, none of them zero. */
    byte[] bytes(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        for (int i = 0; i < length; i++) {
            bytes[i] |= 1;
        }
        return bytes;
    }

    /** Adds a header of junk and then data, as a tar does; says where the data begins. */
    long data(int layer, byte[] data) {
        end(layer);
        append(layer, bytes(512));
        return append(layer, data);
    }

    /** Adds bytes right where the tar ends. */
    long append(int layer, byte[] data) {
        long at = sizes.get(layer);
        try (FileChannel tar = FileChannel.open(tars.get(layer), StandardOpenOption.WRITE)) {
            tar.write(ByteBuffer.wrap(data), at);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        sizes.set(layer, at + data.length);
        return at;
    }

    /** Fills up the tar's last block. */
    void end(int layer) {
        append(layer, bytes((int) (-sizes.get(layer) & 511)));
    }

    /** Makes the tar longer without writing anything. */
    void size(int layer, long size) {
        try (FileChannel tar = FileChannel.open(tars.get(layer), StandardOpenOption.WRITE)) {
            tar.write(ByteBuffer.wrap(new byte[1]), size - 1);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        sizes.set(layer, size);
    }

    int put(int in, byte[] name, Inode inode, int layer) {
        int i = builder.add(inode, layer);
        builder.put(in, name, 0, name.length, i);
        return i;
    }

    int put(int in, String name, Inode inode) {
        return put(in, name.getBytes(StandardCharsets.ISO_8859_1), inode, 0);
    }

    void link(int in, String name, int inode) {
        byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
        builder.put(in, bytes, 0, bytes.length, inode);
    }

    void root(Inode inode) {
        builder.describe(Tree.ROOT, inode, 0);
    }

    int directory(int in, String name, Xattr... xattrs) {
        return put(in, name, Inode.directory(0755, 0, 0, 1, 0, List.of(xattrs)));
    }

    int file(int in, String name, int layer, byte[] data, Xattr... xattrs) {
        long at = data(layer, data);
        long[] extents = data.length == 0 ? new long[0] : new long[] {0, data.length, at};
        return sparse(in, name, layer, data.length, extents, xattrs);
    }

    int sparse(int in, String name, int layer, long size, long[] extents, Xattr... xattrs) {
        return put(in, name.getBytes(StandardCharsets.ISO_8859_1), regular(0644, size, extents, xattrs), layer);
    }

    static Inode regular(int mode, long size, long[] extents, Xattr... xattrs) {
        return new Inode(
                FileType.REGULAR, mode, 1000, 100, 1_700_000_000, 5, size, 0, 0, new byte[0], List.of(xattrs), extents);
    }

    static Inode symlink(String target) {
        return symlink(target.getBytes(StandardCharsets.ISO_8859_1));
    }

    static Inode symlink(byte[] target, Xattr... xattrs) {
        return new Inode(FileType.SYMLINK, 0777, 0, 0, 0, 0, 0, 0, 0, target, List.of(xattrs), new long[0]);
    }

    static Inode device(FileType type, int major, int minor) {
        return new Inode(type, 0600, 0, 0, 0, 0, 0, major, minor, new byte[0], List.of(), new long[0]);
    }

    List<Layer> layers() {
        List<Layer> layers = new ArrayList<>();
        for (int i = 0; i < tars.size(); i++) {
            Digest diffId = Digest.sha256(("layer " + i).getBytes(StandardCharsets.UTF_8));
            layers.add(new Layer(diffId, tars.get(i), sizes.get(i), directory.resolve("changes" + i)));
        }
        return layers;
    }

    Tree tree() {
        return builder.build();
    }

    /** Writes an index beside the tars. */
    static Path write(Path directory, Tree tree, List<Layer> layers) throws IOException {
        Path index = directory.resolve("index");
        try (FileChannel out = FileChannel.open(
                index, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING, StandardOpenOption.WRITE)) {
            ErofsIndex report = ErofsWriter.write(tree, layers, CHAIN, out, LIMITS);
            if (report.bytes() != out.size()) {
                throw new AssertionError("reported " + report.bytes() + " bytes, wrote " + out.size());
            }
        }
        return index;
    }

    static Tree read(Path index, List<Layer> layers) throws IOException {
        try (FileChannel in = FileChannel.open(index, StandardOpenOption.READ)) {
            return ErofsReader.read(in, layers, LIMITS);
        }
    }
}
