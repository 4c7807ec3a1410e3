package io.varve.view;

import io.varve.layerfs.Tree;
import io.varve.os.Errno;
import io.varve.os.Fd;
import io.varve.os.FilesAt;
import io.varve.os.Name;
import io.varve.os.OsException;

/** Takes away whatever of a tree has been written: its names and no others, as far as they are there. */
final class Removal {
    private final Tree tree;
    private final Itinerary itinerary;
    private final Descent descent;
    private final EntryName names;

    private Removal(Tree tree, Itinerary itinerary, Descent descent) {
        this.tree = tree;
        this.itinerary = itinerary;
        this.descent = descent;
        names = new EntryName(tree);
    }

    /** Leaves {@code root} itself, which may be entered by its owner only. */
    static void of(Tree tree, Itinerary itinerary, Fd root) throws OsException {
        try (Descent descent = new Descent(tree, itinerary, root, false)) {
            FilesAt.changeMode(root, 0700);
            Removal removal = new Removal(tree, itinerary, descent);
            removal.openUp();
            removal.remove();
        }
    }

    /** Directories that were finished may have modes that keep their own owner out, which stops everybody but root. */
    private void openUp() throws OsException {
        for (int i = 1; i < itinerary.directories(); i++) {
            int directory = itinerary.directory(i);
            if ((tree.mode(directory) & 0700) != 0700) {
                Fd above = descent.to(tree.parent(directory));
                if (above != null) {
                    try {
                        FilesAt.changeMode(above, names.of(itinerary.entryOf(directory)), 0700);
                    } catch (OsException e) {
                        if (e.errno() != Errno.ENOENT) {
                            throw e;
                        }
                    }
                }
            }
        }
    }

    private void remove() throws OsException {
        for (int i = itinerary.directories() - 1; i >= 0; i--) {
            int directory = itinerary.directory(i);
            Fd fd = descent.to(directory);
            if (fd == null) {
                continue;
            }
            for (int e = tree.firstEntry(directory); e < tree.endEntry(directory); e++) {
                Name name = names.of(e);
                if (tree.isDirectory(tree.inode(e))) {
                    FilesAt.removeDirectory(fd, name);
                } else {
                    FilesAt.unlink(fd, name);
                }
            }
        }
    }
}
