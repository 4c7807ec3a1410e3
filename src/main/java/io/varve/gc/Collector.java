package io.varve.gc;

import io.varve.catalogue.Catalogue;
import io.varve.catalogue.Entry;
import io.varve.catalogue.Node;
import io.varve.catalogue.Transaction;
import io.varve.failure.Failure;
import io.varve.os.Staged;
import io.varve.store.Store;
import io.varve.view.View;
import io.varve.view.Views;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Removes from a store what nothing needs. Safe for any thread, beside pulls and mounts; blocks. */
public final class Collector {
    private final Store store;
    private final Views views;

    public Collector(Store store, Views views) {
        this.store = store;
        this.views = views;
    }

    /** What {@link #collect} would remove now. Takes no lock and changes nothing. */
    public Collected preview(Instant now) {
        return store.read(catalogue -> preview(catalogue, now)).orElseGet(() -> new Collected(List.of(), 0));
    }

    private Collected preview(Catalogue catalogue, Instant now) {
        List<Entry> there = there(catalogue.garbage(Roots.of(views.known()).keySet(), now));
        return new Collected(there, bytes(there));
    }

    /**
     * Removes it. What is removed is gone at once, and after a power loss; what happens to end half-way is found again by
     * the next collection.
     *
     * @throws Failure Unavailable when another process holds the store
     */
    public Collected collect(Instant now) {
        return store.makeRoom("gc", session -> {
            List<Staged> trash = new ArrayList<>();
            try {
                return views.holding(there -> session.write(
                        transaction -> condemn(transaction, there, now),
                        (transaction, condemned) -> collect(transaction, condemned, trash, now)));
            } finally {
                // Freeing the bytes takes longest, and nobody has to wait for it.
                empty(trash);
            }
        });
    }

    /**
     * @param garbage is forgotten
     * @param replaceable blobs that are needed, though not here
     * @param collected all of them that are there
     */
    private record Condemned(List<Node> garbage, List<Node> replaceable, Collected collected) {}

    /**
     * What may go is said to be gone before it is: a name that is taken away in the same moment may still be there after a
     * power loss, and what is half gone must not get a name after one.
     */
    private Condemned condemn(Transaction transaction, List<View> there, Instant now) {
        List<Entry> garbage = transaction.garbage(Roots.of(there).keySet(), now);
        List<Entry> replaceable = store.options().keepBlobs() ? List.of() : transaction.replaceable();
        List<Entry> going = new ArrayList<>(there(garbage));
        going.addAll(there(replaceable));
        Condemned condemned = new Condemned(nodes(garbage), nodes(replaceable), new Collected(going, bytes(going)));
        transaction.condemn(condemned.garbage());
        condemned.replaceable().forEach(transaction::absent);
        return condemned;
    }

    private Collected collect(Transaction transaction, Condemned condemned, List<Staged> trash, Instant now) {
        Set<Path> homes = new LinkedHashSet<>();
        // Those that the catalogue did not believe to be there may have come, or stayed, when a process died.
        condemned.garbage().forEach(node -> homes.add(store.home(node)));
        condemned.replaceable().forEach(node -> homes.add(store.home(node)));
        try {
            trash.add(store.staging().take(homes));
        } catch (IOException e) {
            throw Failure.from(e).during("removing what nothing needs");
        }
        store.forget(nodes(condemned.collected().entries()));
        transaction.forget(condemned.garbage(), now);
        return condemned.collected();
    }

    private static List<Node> nodes(List<Entry> entries) {
        return entries.stream().map(Entry::node).toList();
    }

    private static void empty(List<Staged> trash) {
        for (Staged each : trash) {
            try {
                each.close();
            } catch (IOException e) {
                throw Failure.from(e).during("freeing what was removed");
            }
        }
    }

    /** Those that have files, whatever the catalogue believes. */
    private List<Entry> there(List<Entry> entries) {
        return entries.stream()
                .filter(entry -> Files.exists(store.home(entry.node()), LinkOption.NOFOLLOW_LINKS))
                .toList();
    }

    /** What the disk gets back: a file that has another name elsewhere frees nothing. */
    private long bytes(List<Entry> entries) {
        Map<Long, Integer> namesLeft = new HashMap<>();
        long bytes = 0;
        for (Entry entry : entries) {
            try {
                for (Path file : files(store.home(entry.node()))) {
                    bytes += freed(file, namesLeft);
                }
            } catch (NoSuchFileException e) {
                // A preview is beside a collection that was faster.
            } catch (IOException e) {
                throw Failure.from(e).during("measuring what nothing needs");
            }
        }
        return bytes;
    }

    private static long freed(Path file, Map<Long, Integer> namesLeft) throws IOException {
        Map<String, Object> attributes = Files.readAttributes(file, "unix:ino,nlink,size", LinkOption.NOFOLLOW_LINKS);
        int left =
                namesLeft.merge(number(attributes, "ino"), (int) number(attributes, "nlink") - 1, (n, first) -> n - 1);
        return left == 0 ? number(attributes, "size") : 0;
    }

    private static long number(Map<String, Object> attributes, String name) {
        return attributes.get(name) instanceof Number number ? number.longValue() : 0;
    }

    private static List<Path> files(Path home) throws IOException {
        if (!Files.isDirectory(home, LinkOption.NOFOLLOW_LINKS)) {
            return Files.exists(home, LinkOption.NOFOLLOW_LINKS) ? List.of(home) : List.of();
        }
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> children = Files.newDirectoryStream(home)) {
            children.forEach(files::add);
        }
        return files;
    }
}
