package io.varve.view;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.layerfs.Layer;
import io.varve.layerfs.Tree;
import io.varve.os.Fd;
import io.varve.os.FilesAt;
import io.varve.os.Name;
import io.varve.os.OsException;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongConsumer;

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
    private static final int LINKS_AT_ONCE = 256;

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
        crew.run(() -> new Writing(stretches));
        int[] furtherNames = furtherNames();
        if (furtherNames.length > 0) {
            AtomicInteger next = new AtomicInteger();
            crew.run(() -> () -> link(furtherNames, next));
        }
        // One thread, for their order matters and most are finished.
        crew.alone(this::finishDirectories);
        return made.plus(new Unpacked(itinerary.directories() - 1L, 0, 0, 0, furtherNames.length, 0, 0, 0));
    }

    private synchronized void add(Unpacked part) {
        made = made.plus(part);
    }

    private int[] furtherNames() {
        int[] entries = new int[16];
        int count = 0;
        for (int e = 0; e < tree.entries(); e++) {
            if (itinerary.entryOf(tree.inode(e)) != e) {
                if (count == entries.length) {
                    entries = Arrays.copyOf(entries, 2 * count);
                }
                entries[count++] = e;
            }
        }
        return Arrays.copyOf(entries, count);
    }

    private void link(int[] entries, AtomicInteger next) {
        try (Descent from = new Descent(tree, itinerary, root, false);
                Descent to = new Descent(tree, itinerary, root, false)) {
            Name fromName = new Name();
            Name toName = new Name();
            int start;
            while ((start = next.getAndAdd(LINKS_AT_ONCE)) < entries.length) {
                int end = Math.min(entries.length, start + LINKS_AT_ONCE);
                for (int i = start; i < end; i++) {
                    crew.checkGoingOn();
                    link(from, fromName, to, toName, entries[i]);
                }
                options.progress().advanced(end - start, 0);
            }
        }
    }

    private void link(Descent from, Name fromName, Descent to, Name toName, int entry) {
        int first = itinerary.entryOf(tree.inode(entry));
        try {
            Fd there = opened(from, itinerary.directory(itinerary.placeOf(first)));
            Fd here = opened(to, itinerary.directory(itinerary.placeOf(entry)));
            byte[] name = tree.name(first);
            byte[] further = tree.name(entry);
            FilesAt.link(there, fromName.set(name, name.length), here, toName.set(further, further.length));
        } catch (OsException refused) {
            throw Refused.by(refused).during("unpack " + itinerary.describe(entry));
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
            attributes.set(opened(descent, directory), directory, false);
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

    private static Fd opened(Descent descent, int directory) throws OsException {
        Fd fd = descent.to(directory);
        if (fd == null) {
            throw Failure.of(Category.CONFLICT, "somebody removed its directory meanwhile");
        }
        return fd;
    }

    /** What one thread does in the first pass. */
    private final class Writing implements Runnable {
        private static final int TELL_ENTRIES = 64;
        private static final long TELL_BYTES = 1 << 20;

        private final Stretches stretches;
        private final Name name = new Name();
        private final byte[] nameBytes = new byte[Name.MAX_BYTES];
        private final LongConsumer written = this::wrote;
        // Since progress was told last.
        private int entries;
        private long bytes;

        Writing(Stretches stretches) {
            this.stretches = stretches;
        }

        @Override
        public void run() {
            Attributes attributes = new Attributes(tree, options.rootless(), newborn);
            try (Arena arena = Arena.ofConfined();
                    Descent descent = new Descent(tree, itinerary, root, true)) {
                LayerData data = new LayerData(layers, tars, arena);
                EntryWriter writer = new EntryWriter(tree, options.rootless(), attributes, data, written);
                int stretch;
                while ((stretch = stretches.take()) != Stretches.NONE) {
                    int end = stretches.end(stretch);
                    int place = itinerary.placeOf(stretches.first(stretch));
                    for (int e = stretches.first(stretch); e < end; place++) {
                        int directory = itinerary.directory(place);
                        int to = Math.min(end, tree.endEntry(directory));
                        boolean last = writeIn(directory, e, to, descent, writer, attributes);
                        boolean whole = e == tree.firstEntry(directory) && to == tree.endEntry(directory);
                        if (whole && last && e < to) {
                            finish(descent, attributes, directory);
                            finished[directory] = true;
                        }
                        e = to;
                    }
                }
                add(writer.made());
                add(Unpacked.leftOut(attributes.xattrsLeftOut()));
            }
            options.progress().advanced(entries, bytes);
        }

        /** Writes some entries of one directory; whether nothing will be made in it, or linked from it, after this. */
        private boolean writeIn(
                int directory, int from, int to, Descent descent, EntryWriter writer, Attributes attributes) {
            boolean last = true;
            for (int e = from; e < to; e++) {
                crew.checkGoingOn();
                int inode = tree.inode(e);
                boolean isDirectory = tree.isDirectory(inode);
                last &= !isDirectory && tree.links(inode) == 1;
                if (itinerary.entryOf(inode) != e) {
                    continue;
                }
                try {
                    Fd fd = opened(descent, directory);
                    setName(e);
                    if (!isDirectory) {
                        writer.write(fd, name, inode);
                    } else {
                        FilesAt.makeDirectory(fd, name, 0700);
                        if (tree.firstEntry(inode) == tree.endEntry(inode)) {
                            attributes.set(opened(descent, inode), inode, false);
                            finished[inode] = true;
                        }
                    }
                } catch (OsException refused) {
                    throw Refused.by(refused).during("unpack " + itinerary.describe(e));
                } catch (Failure failure) {
                    throw failure.during("unpack " + itinerary.describe(e));
                }
                wrote(0);
                entries++;
            }
            return last;
        }

        private void setName(int entry) throws OsException {
            int length = tree.nameLength(entry);
            if (length <= Name.MAX_BYTES) {
                tree.copyName(entry, nameBytes, 0);
            }
            name.set(nameBytes, length);
        }

        private void wrote(long more) {
            crew.checkGoingOn();
            bytes += more;
            if (bytes >= TELL_BYTES || entries >= TELL_ENTRIES) {
                options.progress().advanced(entries, bytes);
                entries = 0;
                bytes = 0;
            }
        }
    }
}
