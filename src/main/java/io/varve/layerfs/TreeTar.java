package io.varve.layerfs;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.tar.TarEntry;
import io.varve.tar.TarType;
import io.varve.tar.TarWriter;
import io.varve.tar.TarXattr;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.util.Arrays;
import java.util.List;

/**
 * A tree as one tar: <i>export</i>. The bytes of files go from the layers' tars to wherever the tar goes, and nothing is
 * unpacked on the way. The same tree gives the same bytes.
 *
 * <pre>
 *   ./               the root, always
 *   bin              what is in it and no directory, by name
 *   etc/             then each directory by name,
 *   etc/hostname       and right behind it, in the same way, what is in it
 * </pre>
 *
 * <p>The first name of a file carries its data; further ones, later in the tar, are hardlinks to it. They carry its
 * attributes too, since some who extract change owner and mode again with every name, which would take setuid bits and
 * capabilities away. Holes are written as the zeros that a reader of the file sees. Xattrs are those of the tree, whether or
 * not Linux has a place for them. What ustar cannot say is in PAX headers, and nothing else is.
 */
public final class TreeTar {
    private final Tree tree;
    private final OpenTars tars;
    private final TarOutput out;
    private final TarWriter writer;

    /** By inode: the entry of its first name, which is a directory's only one. */
    private final int[] firstName;

    /** The directories still to be written, the next one last. */
    private int[] pending = new int[64];

    private int waiting;

    private TreeTar(Tree tree, OpenTars tars, WritableByteChannel channel) {
        this.tree = tree;
        this.tars = tars;
        out = new TarOutput(channel);
        writer = new TarWriter(out);
        firstName = new int[tree.inodes()];
        Arrays.fill(firstName, Tree.NONE);
        for (int entry = 0; entry < tree.entries(); entry++) {
            int inode = tree.inode(entry);
            if (firstName[inode] == Tree.NONE) {
                firstName[inode] = entry;
            }
        }
    }

    /**
     * Writes all of the tree. On return every byte was handed to the channel. Takes a buffer and a number for each inode,
     * whatever the sizes of files.
     *
     * <p>Blocks, and may be interrupted, which closes the channel if it is one of those that are closed so.
     *
     * @param layers the stack that the tree was merged from, base first; of them only the tars are read
     * @param channel blocking; stays the caller's to close. When this throws, what was written is no whole tar
     * @throws Failure with the path inside the image that was being written: Invalid when a layer's tar ends before the
     *     file does, or when a name cannot stand in a tar; Cancelled when the thread was interrupted, which it then still
     *     is; Unavailable when reading or writing was refused
     */
    public static void write(Tree tree, List<Layer> layers, WritableByteChannel channel) {
        try (OpenTars tars = OpenTars.of(layers)) {
            new TreeTar(tree, tars, channel).writeAll();
        } catch (IOException refused) {
            throw Failure.from(refused);
        }
    }

    private void writeAll() throws IOException {
        push(Tree.ROOT);
        while (waiting > 0) {
            int directory = pending[--waiting];
            byte[] path = path(directory);
            write(TarType.DIRECTORY, path.length == 0 ? new byte[] {'.', '/'} : path, Inode.NO_TARGET, directory);
            for (int entry = tree.firstEntry(directory); entry < tree.endEntry(directory); entry++) {
                if (!tree.isDirectory(tree.inode(entry))) {
                    writeName(entry, joined(path, entry));
                }
            }
            // Pushed backwards, so that directories are written in the order of their names.
            for (int entry = tree.endEntry(directory) - 1; entry >= tree.firstEntry(directory); entry--) {
                if (tree.isDirectory(tree.inode(entry))) {
                    push(tree.inode(entry));
                }
            }
        }
        writer.finish();
        out.flush();
    }

    private void push(int directory) {
        if (waiting == pending.length) {
            pending = Arrays.copyOf(pending, 2 * waiting);
        }
        pending[waiting++] = directory;
    }

    private void writeName(int entry, byte[] name) {
        int inode = tree.inode(entry);
        int first = firstName[inode];
        if (entry == first) {
            write(type(tree.type(inode)), name, tree.target(inode), inode);
        } else {
            write(TarType.HARDLINK, name, joined(path(tree.parent(inode)), first), inode);
        }
    }

    private void write(TarType type, byte[] name, byte[] link, int inode) {
        try {
            if (Thread.currentThread().isInterrupted()) {
                throw Failure.of(Category.CANCELLED, "interrupted");
            }
            TarEntry entry = entry(type, name, link, inode);
            writer.begin(entry);
            if (entry.size() > 0) {
                FileBytes.copy(tree, inode, tars.of(tree.layer(inode)), out);
            }
            writer.end(entry);
        } catch (IOException | Failure e) {
            throw Failure.from(e).during("/" + EntryPath.text(name));
        }
    }

    private TarEntry entry(TarType type, byte[] name, byte[] link, int inode) {
        // A further name of a device is a link and no device.
        boolean device = type == TarType.CHARACTER || type == TarType.BLOCK;
        return new TarEntry(
                type,
                name,
                link,
                tree.mode(inode),
                Integer.toUnsignedLong(tree.uid(inode)),
                Integer.toUnsignedLong(tree.gid(inode)),
                tree.mtime(inode),
                tree.nanos(inode),
                type == TarType.REGULAR ? tree.size(inode) : 0,
                device ? tree.major(inode) : 0,
                device ? tree.minor(inode) : 0,
                xattrs(tree.xattrs(inode)),
                Inode.NO_EXTENTS,
                0);
    }

    private static TarType type(FileType type) {
        return switch (type) {
            case REGULAR -> TarType.REGULAR;
            case DIRECTORY -> TarType.DIRECTORY;
            case SYMLINK -> TarType.SYMLINK;
            case CHARACTER -> TarType.CHARACTER;
            case BLOCK -> TarType.BLOCK;
            case FIFO -> TarType.FIFO;
        };
    }

    private static List<TarXattr> xattrs(List<Xattr> xattrs) {
        return xattrs.stream()
                .map(xattr -> new TarXattr(xattr.name(), xattr.value()))
                .toList();
    }

    /** The path of a directory with a slash at its end; empty for the root. */
    private byte[] path(int directory) {
        int length = 0;
        for (int dir = directory; dir != Tree.ROOT; dir = tree.parent(dir)) {
            length += tree.nameLength(firstName[dir]) + 1;
        }
        byte[] path = new byte[length];
        int at = length;
        for (int dir = directory; dir != Tree.ROOT; dir = tree.parent(dir)) {
            path[--at] = '/';
            at -= tree.nameLength(firstName[dir]);
            tree.copyName(firstName[dir], path, at);
        }
        return path;
    }

    private byte[] joined(byte[] directory, int entry) {
        byte[] path = Arrays.copyOf(directory, directory.length + tree.nameLength(entry));
        tree.copyName(entry, path, directory.length);
        return path;
    }
}
