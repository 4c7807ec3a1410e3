package io.varve.view;

import io.varve.failure.Failure;
import io.varve.layerfs.Tree;
import io.varve.os.Fd;
import io.varve.os.FilesAt;
import io.varve.os.OsException;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicInteger;

/** The names of files beside their first, and how they are made: by linking, once all first names are there. */
final class FurtherNames {
    private static final int LINKS_AT_ONCE = 256;

    private final Tree tree;
    private final Itinerary itinerary;
    private final int[] entries;
    private final AtomicInteger next = new AtomicInteger();

    FurtherNames(Tree tree, Itinerary itinerary) {
        this.tree = tree;
        this.itinerary = itinerary;
        entries = find(tree, itinerary);
    }

    int count() {
        return entries.length;
    }

    /** The part of one thread of a crew. */
    void link(Fd root, Crew crew, UnpackProgress progress) {
        EntryName fromName = new EntryName(tree);
        EntryName toName = new EntryName(tree);
        try (Descent from = new Descent(tree, itinerary, root, false);
                Descent to = new Descent(tree, itinerary, root, false)) {
            int start;
            while ((start = next.getAndAdd(LINKS_AT_ONCE)) < entries.length) {
                int end = Math.min(entries.length, start + LINKS_AT_ONCE);
                for (int i = start; i < end; i++) {
                    crew.checkGoingOn();
                    link(from, fromName, to, toName, entries[i]);
                }
                progress.advanced(end - start, 0);
            }
        }
    }

    private void link(Descent from, EntryName fromName, Descent to, EntryName toName, int entry) {
        int first = itinerary.entryOf(tree.inode(entry));
        try {
            Fd there = from.existing(itinerary.directory(itinerary.placeOf(first)));
            Fd here = to.existing(itinerary.directory(itinerary.placeOf(entry)));
            FilesAt.link(there, fromName.of(first), here, toName.of(entry));
        } catch (OsException refused) {
            throw Refused.by(refused).during("unpack " + itinerary.describe(entry));
        } catch (Failure failure) {
            throw failure.during("unpack " + itinerary.describe(entry));
        }
    }

    private static int[] find(Tree tree, Itinerary itinerary) {
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
}
