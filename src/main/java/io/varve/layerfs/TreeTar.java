package io.varve.layerfs;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.tar.TarEntry;
import io.varve.tar.TarType;
import io.varve.tar.TarWriter;
import io.varve.tar.TarXattr;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

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
 *
 * <p>Parts of a tree can be {@linkplain #copy copied} to other places in the same way; what leads there is not among them.
 */
public final class TreeTar {
    private static final byte[] ROOT = {'.', '/'};

    private final Tree tree;
    private final OpenTars tars;
    private final @Nullable Owner owner;
    private final TarOutput out;
    private final TarWriter writer;

    /** The first name of each file that has several, in one copy: a later one may put something else there. */
    private final Map<Integer, TreePath> firstNames = new HashMap<>();

    /**
     * Something of a tree, and where it goes.
     *
     * @param path without a slash in front and at the end; empty for the root
     */
    public record Copy(int inode, byte[] path) {}

    /** Whose everything is to be; numbers of 32 bits. */
    public record Owner(long uid, long gid) {}

    private TreeTar(Tree tree, OpenTars tars, @Nullable Owner owner, WritableByteChannel channel) {
        this.tree = tree;
        this.tars = tars;
        this.owner = owner;
        out = new TarOutput(channel);
        writer = new TarWriter(out);
    }

    /**
     * Writes all of the tree. On return every byte was handed to the channel. Takes a buffer, and the first name of each file that has
     * several, whatever the sizes of files.
     *
     * <p>Blocks, and may be interrupted, which closes the channel if it is one of those that are closed so.
     *
     * @param layers the stack that the tree was merged from, base first; of them only the tars are read
     * @param channel blocking; stays the caller's to close. When this throws, what was written is no whole tar
     * @throws Failure with the path inside the image that was being written: Invalid when a layer's tar ends before the
     *     file does, or when a name cannot stand in a tar or would be a whiteout in it; Cancelled when the thread was interrupted, which it then still
     *     is; Unavailable when reading or writing was refused
     */
    public static void write(Tree tree, List<Layer> layers, WritableByteChannel channel) {
        copy(tree, layers, List.of(new Copy(Tree.ROOT, new byte[0])), null, channel);
    }

    /**
     * Writes parts of the tree to other places, one after another, where the later counts; otherwise as {@link #write}. Files that two of
     * them have in common are written twice.
     *
     * @param owner null for those that files have
     */
    public static void copy(
            Tree tree, List<Layer> layers, List<Copy> copies, @Nullable Owner owner, WritableByteChannel channel) {
        try (OpenTars tars = OpenTars.of(layers)) {
            TreeTar tar = new TreeTar(tree, tars, owner, channel);
            for (Copy copy : copies) {
                tar.firstNames.clear();
                tar.write(copy);
            }
            tar.writer.finish();
            tar.out.flush();
        } catch (IOException refused) {
            throw Failure.from(refused);
        }
    }

    private void write(Copy copy) {
        if (!tree.isDirectory(copy.inode())) {
            write(type(tree.type(copy.inode())), copy.path(), tree.target(copy.inode()), copy.inode());
            return;
        }
        Deque<Level> open = new ArrayDeque<>();
        open.push(begun(copy, copy.inode(), null));
        while (!open.isEmpty()) {
            int entry = open.peek().nextDirectory();
            if (entry == Tree.NONE) {
                open.pop();
            } else {
                open.push(begun(copy, tree.inode(entry), below(copy, open.peek().path, entry)));
            }
        }
    }

    /** A directory of which all is written but the directories in it. */
    private final class Level {
        private final @Nullable TreePath path;
        private final int end;
        private int next;

        private Level(int directory, @Nullable TreePath path) {
            this.path = path;
            next = tree.firstEntry(directory);
            end = tree.endEntry(directory);
        }

        /** The next entry that is a directory, or {@link Tree#NONE}. */
        private int nextDirectory() {
            while (next < end) {
                int entry = next++;
                if (tree.isDirectory(tree.inode(entry))) {
                    return entry;
                }
            }
            return Tree.NONE;
        }
    }

    /** @param path null for the one that is copied */
    private Level begun(Copy copy, int directory, @Nullable TreePath path) {
        byte[] name = path == null ? copy.path() : path.below(copy.path());
        write(TarType.DIRECTORY, name.length == 0 ? ROOT : slashed(name), Inode.NO_TARGET, directory);
        for (int entry = tree.firstEntry(directory); entry < tree.endEntry(directory); entry++) {
            if (!tree.isDirectory(tree.inode(entry))) {
                writeName(copy, tree.inode(entry), below(copy, path, entry));
            }
        }
        return new Level(directory, path);
    }

    /** An index that a store has had for long may show what no merge makes any more, and a tar of it would hide others' files. */
    private TreePath below(Copy copy, @Nullable TreePath directory, int entry) {
        byte[] name = tree.name(entry);
        TreePath path = new TreePath(directory, name);
        if (EntryPath.isWhiteout(name, 0, name.length)) {
            throw Failure.invalid("got a name that begins with .wh., which would take others away")
                    .during("/" + EntryPath.text(path.below(copy.path())));
        }
        return path;
    }

    private void writeName(Copy copy, int inode, TreePath path) {
        byte[] name = path.below(copy.path());
        TreePath first = tree.links(inode) > 1 ? firstNames.putIfAbsent(inode, path) : null;
        if (first == null) {
            write(type(tree.type(inode)), name, tree.target(inode), inode);
        } else {
            write(TarType.HARDLINK, name, first.below(copy.path()), inode);
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
                owner == null ? Integer.toUnsignedLong(tree.uid(inode)) : owner.uid(),
                owner == null ? Integer.toUnsignedLong(tree.gid(inode)) : owner.gid(),
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

    private static byte[] slashed(byte[] path) {
        byte[] slashed = Arrays.copyOf(path, path.length + 1);
        slashed[path.length] = '/';
        return slashed;
    }
}
