package io.varve.view;

import io.varve.layerfs.FileType;
import io.varve.layerfs.Tree;
import io.varve.os.Fd;
import io.varve.os.FilesAt;
import io.varve.os.Name;
import io.varve.os.OsException;
import java.util.function.LongConsumer;

/** Makes one thing at a time in an open directory, exactly as the tree has it. Owned by one thread. */
final class EntryWriter {
    /** The mode of what is not finished; it gets its own when it has everything else. */
    private static final int UNFINISHED = 0600;

    private final Tree tree;
    private final boolean rootless;
    private final Attributes attributes;
    private final LayerData data;
    private final LongConsumer written;

    private long files;
    private long symlinks;
    private long specials;
    private long bytes;
    private long standIns;

    /** @param written is told of each piece of data, and may throw to stop */
    EntryWriter(Tree tree, boolean rootless, Attributes attributes, LayerData data, LongConsumer written) {
        this.tree = tree;
        this.rootless = rootless;
        this.attributes = attributes;
        this.data = data;
        this.written = written;
    }

    /** Makes anything but a directory. */
    void write(Fd directory, Name name, int inode) throws OsException {
        FileType type = tree.type(inode);
        switch (type) {
            case REGULAR -> {
                regular(directory, name, inode);
                files++;
            }
            case SYMLINK -> {
                FilesAt.symlink(tree.target(inode), directory, name);
                attributes.set(directory, name, inode);
                symlinks++;
            }
            case CHARACTER, BLOCK -> {
                if (rootless) {
                    regular(directory, name, inode);
                    standIns++;
                } else {
                    special(directory, name, inode, type);
                }
            }
            case FIFO -> special(directory, name, inode, type);
            case DIRECTORY -> throw new IllegalArgumentException("a directory is not made by this");
        }
    }

    /** What was made up to now. */
    Unpacked made() {
        return new Unpacked(0, files, symlinks, specials, 0, bytes, standIns, 0);
    }

    private void regular(Fd directory, Name name, int inode) throws OsException {
        boolean born = attributes.bornWithMode(inode);
        try (Fd file = FilesAt.create(directory, name, born ? tree.mode(inode) : UNFINISHED)) {
            long end = 0;
            for (int i = 0; i < tree.extents(inode); i++) {
                long at = tree.extentOffset(inode, i);
                long length = tree.extentLength(inode, i);
                data.copy(tree.layer(inode), tree.extentAt(inode, i), length, file, at, written);
                end = at + length;
                bytes += length;
            }
            if (end < tree.size(inode)) {
                FilesAt.truncate(file, tree.size(inode));
            }
            // Last: writing takes setuid and capabilities away again.
            attributes.set(file, inode, born);
        }
    }

    private void special(Fd directory, Name name, int inode, FileType type) throws OsException {
        FilesAt.makeNode(directory, name, type.bits() | UNFINISHED, tree.major(inode), tree.minor(inode));
        attributes.set(directory, name, inode);
        specials++;
    }
}
