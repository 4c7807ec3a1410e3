package io.varve.view;

import io.varve.layerfs.FileType;
import io.varve.layerfs.Inode;
import io.varve.layerfs.Layer;
import io.varve.layerfs.Tree;
import io.varve.layerfs.TreeBuilder;
import io.varve.layerfs.Xattr;
import io.varve.oci.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Trees made by hand, with one layer whose tar holds nothing but the data, each piece on a 512-byte boundary. */
final class Trees {
    private static final byte[] NOTHING = {};
    private static final long[] NO_EXTENTS = {};

    final TreeBuilder builder = new TreeBuilder(64, 1L << 30);
    private final ByteArrayOutputStream tar = new ByteArrayOutputStream();

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    int directory(int in, String name, int mode, Xattr... xattrs) {
        return put(in, bytes(name), Inode.directory(mode, 1, 2, -3, 4, List.of(xattrs)));
    }

    int file(int in, String name, String content) {
        return file(in, bytes(name), 0644, content, List.of());
    }

    int file(int in, byte[] name, int mode, String content, List<Xattr> xattrs) {
        long[] extents = content.isEmpty() ? NO_EXTENTS : new long[] {0, content.length(), data(bytes(content))};
        return put(in, name, regular(mode, content.length(), xattrs, extents));
    }

    /** Bytes at the start of a file's extents are offsets in the tar that {@link #data} gave. */
    int sparse(int in, String name, long size, long... extents) {
        return put(in, bytes(name), regular(0644, size, List.of(), extents));
    }

    int symlink(int in, String name, byte[] target, Xattr... xattrs) {
        Inode inode =
                new Inode(FileType.SYMLINK, 0777, 7, 8, -9, 999_999_999, 0, 0, 0, target, List.of(xattrs), NO_EXTENTS);
        return put(in, bytes(name), inode);
    }

    int special(int in, String name, FileType type, int mode, int major, int minor, Xattr... xattrs) {
        Inode inode = new Inode(type, mode, 3, 4, 5, 6, 0, major, minor, NOTHING, List.of(xattrs), NO_EXTENTS);
        return put(in, bytes(name), inode);
    }

    void link(int in, String name, int inode) {
        byte[] bytes = bytes(name);
        builder.put(in, bytes, 0, bytes.length, inode);
    }

    /** Where in the tar the data is. */
    long data(byte[] content) {
        long at = tar.size();
        tar.writeBytes(content);
        tar.writeBytes(new byte[-tar.size() & 511]);
        return at;
    }

    Tree build() {
        return builder.build();
    }

    List<Layer> layers(Path tarFile) throws IOException {
        Files.write(tarFile, tar.toByteArray());
        return List.of(new Layer(Digest.sha256(tar.toByteArray()), tarFile, tar.size(), tarFile));
    }

    int put(int in, byte[] name, Inode inode) {
        int added = builder.add(inode, 0);
        builder.put(in, name, 0, name.length, added);
        return added;
    }

    private static Inode regular(int mode, long size, List<Xattr> xattrs, long[] extents) {
        return new Inode(
                FileType.REGULAR, mode, 1000, 2000, 1_600_000_000, 123_456_789, size, 0, 0, NOTHING, xattrs, extents);
    }
}
