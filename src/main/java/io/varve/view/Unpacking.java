package io.varve.view;

import io.varve.failure.Failure;
import io.varve.layerfs.Layer;
import io.varve.layerfs.Tree;
import io.varve.os.Fd;
import io.varve.os.FilesAt;
import io.varve.os.Name;
import io.varve.os.OsException;
import java.lang.foreign.Arena;
import java.util.List;

/**
 * One unpack: three passes over the tree by a crew of threads.
 *
 * <ol>
 *   <li>Everything but further names of files. A thread takes a stretch of neighbouring entries at a time. A directory
 *       in which nothing more will be made gets its attributes at once.
 *   <li>The further names, for which the first must be there.
 *   <li>The attributes of all other directories, each after those in it: making something in a directory changes its
 *       time, and its mode may forbid entering it. Until then its mode is 0700, so nobody else sees what is unfinished.
 * </ol>
 */
final class Unpacking {
    private final Tree tree;
    private final Itinerary itinerary;
    private final List<Layer> layers;
    private final List<Fd> tars;
    private final Fd root;
    private final UnpackOptions options;
    private final Crew crew;
    private final Newborn newborn;

    /** By inode of a directory; each is set by one thread and read once all have ended. */
    private final boolean[] finished;

    /** What all threads made, added up as they end. */
    private Unpacked made = Unpacked.NOTHING;

    /** @param root empty, and of mode 0700 */
    Unpacking(Tree tree, Itinerary itinerary, List<Layer> layers, List<Fd> tars, Fd root, UnpackOptions options)
            throws OsException {
        this.tree = tree;
        this.itinerary = itinerary;
        this.layers = layers;
        this.tars = tars;
        this.root = root;
        this.options = options;
        crew = new Crew(options.workers());
        newborn = Newborn.in(root);
        finished = new boolean[tree.inodes()];
    }

    Unpacked run() {
        Stretches stretches = new Stretches(tree, itinerary);
        crew.run(() -> () -> write(stretches));
        FurtherNames furtherNames = new FurtherNames(tree, itinerary);
        if (furtherNames.count() > 0) {
            crew.run(() -> () -> furtherNames.link(root, crew, options.progress()));
        }
        // One thread, for their order matters and most are finished.
        crew.alone(this::finishDirectories);
        return made.plus(new Unpacked(itinerary.directories() - 1L, 0, 0, 0, furtherNames.count(), 0, 0, 0));
    }

    private synchronized void add(Unpacked part) {
        made = made.plus(part);
    }

    private void write(Stretches stretches) {
        try (Arena arena = Arena.ofConfined();
                Descent descent = new Descent(tree, itinerary, root, true)) {
            Writing writing = new Writing(descent, new LayerData(layers, tars, arena));
            int stretch;
            while ((stretch = stretches.take()) != Stretches.NONE) {
                writing.write(stretches.first(stretch), stretches.end(stretch));
            }
            writing.tellProgress();
            add(writing.made());
        }
    }

    private void finishDirectories() {
        Attributes attributes = new Attributes(tree, options.rootless(), newborn);
        try (Descent descent = new Descent(tree, itinerary, root, false)) {
            for (int i = itinerary.directories() - 1; i >= 0; i--) {
                crew.checkGoingOn();
                int directory = itinerary.directory(i);
                if (!finished[directory]) {
                    finish(descent, attributes, directory);
                }
            }
        }
        add(Unpacked.leftOut(attributes.xattrsLeftOut()));
    }

    private void finish(Descent descent, Attributes attributes, int directory) {
        try {
            attributes.set(descent.existing(directory), directory, false);
            finished[directory] = true;
        } catch (OsException refused) {
            throw atDirectory(Refused.by(refused), directory);
        } catch (Failure failure) {
            throw atDirectory(failure, directory);
        }
    }

    private Failure atDirectory(Failure failure, int directory) {
        int entry = itinerary.entryOf(directory);
        return failure.during("unpack " + (entry == Tree.NONE ? "/" : itinerary.describe(entry)));
    }

    /** What one thread does in the first pass. */
    private final class Writing {
        private static final int TELL_ENTRIES = 64;
        private static final long TELL_BYTES = 1 << 20;

        private final Descent descent;
        private final Attributes attributes;
        private final EntryWriter writer;
        private final EntryName names = new EntryName(tree);
        // Since progress was told last.
        private int entries;
        private long bytes;

        Writing(Descent descent, LayerData data) {
            this.descent = descent;
            attributes = new Attributes(tree, options.rootless(), newborn);
            writer = new EntryWriter(tree, options.rootless(), attributes, data, this::wrote);
        }

        Unpacked made() {
            return writer.made().plus(Unpacked.leftOut(attributes.xattrsLeftOut()));
        }

        /** Writes a stretch of entries, directory by directory. */
        void write(int first, int end) {
            int place = itinerary.placeOf(first);
            for (int from = first; from < end; place++) {
                int directory = itinerary.directory(place);
                int to = Math.min(end, tree.endEntry(directory));
                boolean last = writeIn(directory, from, to);
                boolean whole = from == tree.firstEntry(directory) && to == tree.endEntry(directory);
                if (last && whole && from < to) {
                    finish(descent, attributes, directory);
                }
                from = to;
            }
        }

        /** Writes some entries of one directory; whether nothing will be made in it, or linked from it, after this. */
        private boolean writeIn(int directory, int from, int to) {
            boolean last = true;
            for (int e = from; e < to; e++) {
                crew.checkGoingOn();
                int inode = tree.inode(e);
                last &= !tree.isDirectory(inode) && tree.links(inode) == 1;
                if (itinerary.entryOf(inode) == e) {
                    writeEntry(directory, e, inode);
                    entries++;
                    wrote(0);
                }
            }
            return last;
        }

        private void writeEntry(int directory, int entry, int inode) {
            try {
                Fd fd = descent.existing(directory);
                Name name = names.of(entry);
                if (!tree.isDirectory(inode)) {
                    writer.write(fd, name, inode);
                } else {
                    FilesAt.makeDirectory(fd, name, 0700);
                    if (tree.firstEntry(inode) == tree.endEntry(inode)) {
                        attributes.set(descent.existing(inode), inode, false);
                        finished[inode] = true;
                    }
                }
            } catch (OsException refused) {
                throw Refused.by(refused).during("unpack " + itinerary.describe(entry));
            } catch (Failure failure) {
                throw failure.during("unpack " + itinerary.describe(entry));
            }
        }

        private void wrote(long more) {
            crew.checkGoingOn();
            bytes += more;
            if (bytes >= TELL_BYTES || entries >= TELL_ENTRIES) {
                tellProgress();
            }
        }

        void tellProgress() {
            options.progress().advanced(entries, bytes);
            entries = 0;
            bytes = 0;
        }
    }
}
