package io.varve.erofs;

import io.varve.layerfs.FileType;
import io.varve.layerfs.Layer;
import io.varve.layerfs.Tree;
import io.varve.layerfs.Xattr;
import io.varve.oci.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** What a tree says, in the words in which show.py says what the kernel shows. */
final class Listing {
    private static final HexFormat HEX = HexFormat.of();
    private static final long WHOLE = 64 << 20;

    private final Tree tree;
    private final List<Layer> layers;
    private final Map<Integer, String> first = new HashMap<>();
    private final List<String> lines = new ArrayList<>();

    private Listing(Tree tree, List<Layer> layers) {
        this.tree = tree;
        this.layers = layers;
    }

    static List<String> of(Tree tree, List<Layer> layers) throws IOException {
        Listing listing = new Listing(tree, layers);
        listing.show(Tree.ROOT, "");
        return listing.lines;
    }

    /** What show.py says of the names alone. */
    static List<String> names(Tree tree) {
        Listing listing = new Listing(tree, List.of());
        listing.showNames(Tree.ROOT, "");
        return listing.lines;
    }

    private void showNames(int directory, String path) {
        ByteArrayOutputStream names = new ByteArrayOutputStream();
        for (int e = tree.firstEntry(directory); e < tree.endEntry(directory); e++) {
            if (e > tree.firstEntry(directory)) {
                names.write('/');
            }
            names.writeBytes(tree.name(e));
        }
        int count = tree.endEntry(directory) - tree.firstEntry(directory);
        lines.add(orDash(path) + " " + count + " "
                + Digest.sha256(names.toByteArray()).hex());
        for (int e = tree.firstEntry(directory); e < tree.endEntry(directory); e++) {
            if (tree.isDirectory(tree.inode(e))) {
                String child = HEX.formatHex(tree.name(e));
                showNames(tree.inode(e), path.isEmpty() ? child : path + "2f" + child);
            }
        }
    }

    private void show(int inode, String name) throws IOException {
        FileType type = tree.type(inode);
        lines.add(String.join(
                " ",
                orDash(name),
                Integer.toOctalString(type.bits() | tree.mode(inode)),
                Integer.toUnsignedString(tree.uid(inode)),
                Integer.toUnsignedString(tree.gid(inode)),
                "%d.%09d".formatted(tree.mtime(inode), tree.nanos(inode)),
                Long.toString(tree.size(inode)),
                Integer.toString(tree.links(inode)),
                tree.major(inode) + ":" + tree.minor(inode),
                orDash(first.computeIfAbsent(inode, i -> name)),
                type == FileType.SYMLINK ? HEX.formatHex(tree.target(inode)) : "-",
                type == FileType.REGULAR ? content(inode) : "-",
                orDash(xattrs(inode))));
        for (int e = tree.firstEntry(inode); e < tree.endEntry(inode); e++) {
            String child = HEX.formatHex(tree.name(e));
            show(tree.inode(e), name.isEmpty() ? child : name + "2f" + child);
        }
    }

    private String content(int inode) throws IOException {
        long size = tree.size(inode);
        if (size <= WHOLE) {
            return Digest.sha256(bytes(inode, 0, (int) size)).hex();
        }
        TreeSet<Long> places = new TreeSet<>(List.of(0L, size / 2, size - 4096));
        for (int bit = 12; bit < 63 && 1L << bit < size - 4096; bit++) {
            places.add(1L << bit);
        }
        ByteBuffer all = ByteBuffer.allocate(4096 * places.size());
        for (long at : places) {
            all.put(bytes(inode, at, 4096));
        }
        return Digest.sha256(all.array()).hex();
    }

    private byte[] bytes(int inode, long from, int length) throws IOException {
        byte[] bytes = new byte[length];
        for (int i = 0; i < tree.extents(inode); i++) {
            long start = Math.max(from, tree.extentOffset(inode, i));
            long end = Math.min(from + length, tree.extentOffset(inode, i) + tree.extentLength(inode, i));
            if (start < end) {
                ByteBuffer part = ByteBuffer.wrap(bytes, (int) (start - from), (int) (end - start));
                try (FileChannel tar =
                        FileChannel.open(layers.get(tree.layer(inode)).tar(), StandardOpenOption.READ)) {
                    long at = tree.extentAt(inode, i) + start - tree.extentOffset(inode, i);
                    while (part.hasRemaining()) {
                        at += tar.read(part, at);
                    }
                }
            }
        }
        return bytes;
    }

    private String xattrs(int inode) {
        return tree.xattrs(inode).stream()
                .map(Listing::show)
                .filter(shown -> !shown.isEmpty())
                .sorted()
                .collect(Collectors.joining(","));
    }

    private static String show(Xattr xattr) {
        boolean known = Arrays.asList("user.", "trusted.", "security.", "system.posix_acl_").stream()
                .anyMatch(xattr::startsWith);
        return known
                ? HEX.formatHex(xattr.name()) + "="
                        + Digest.sha256(xattr.value()).hex()
                : "";
    }

    private static String orDash(String text) {
        return text.isEmpty() ? "-" : text;
    }
}
