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
