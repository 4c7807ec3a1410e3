package io.varve.os;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Brings files to the disk and gives them their names, many at a time: whoever comes first takes along everybody who came
 * while the disk was busy with those before. Bytes first, then names, then the directories of the names: at no moment
 * could a power loss leave a name with less than all of its bytes.
 *
 * <p>Few files are synced one by one, many by one sync of their filesystem, which costs less than two of them, until that has told of a
 * loss.
 */
final class Commits {
    /** From so many files on, one {@code syncfs} is cheaper, even if others are writing to the filesystem too. */
    private static final int MANY = 8;

    /** Whoever brings a file this large waits for the disk before joining the group, and nobody waits for that. */
    private static final long LARGE = 4L << 20;

    private final FilesystemSync filesystem;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition ended = lock.newCondition();

    // All guarded by the lock: who waits for the next group, whether a thread is at work on one, how many have ended,
    // and the directories with names that may not be on the disk though somebody may find them.
    private List<Publication> waiting = new ArrayList<>();
    private boolean busy;
    private long groups;
    private final Set<Path> owed = new LinkedHashSet<>();

    /** @param filesystem of everything that will be published */
    Commits(FilesystemSync filesystem) {
        this.filesystem = filesystem;
    }

    /**
     * @throws IOException what was wrong with the first of these that went wrong; what is wrong with those of others is not
     *     told here
     */
    void publish(List<Publication> publications) throws IOException {
        for (Publication each : publications) {
            for (Path file : each.files()) {
                if (Files.size(file) >= LARGE) {
                    FilesAt.sync(file);
                }
            }
        }
        lock.lock();
        try {
            waiting.addAll(publications);
            // They came together, so they are done together.
            while (!publications.getLast().done()) {
                if (busy) {
                    ended.awaitUninterruptibly();
                } else {
                    lead();
                }
            }
        } finally {
            lock.unlock();
        }
        for (Publication each : publications) {
            each.result();
        }
    }

    /**
     * Returns when the group that is being committed now, if there is one, has come to its end, and all names that were given until
     * then are on the disk, those too that somebody was told a failure of.
     *
     * @throws IOException when the disk does not take some of these
     */
    void settle() throws IOException {
        lock.lock();
        try {
            long now = groups;
            while (busy && groups == now) {
                ended.awaitUninterruptibly();
            }
            // With the lock: so nothing is owed anew that this would take for paid.
            for (Path shelf : List.copyOf(owed)) {
                FilesAt.sync(shelf);
                owed.remove(shelf);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Commits what has gathered. Called, and returns, with the lock held; others gather meanwhile. */
    private void lead() {
        List<Publication> group = waiting;
        waiting = new ArrayList<>();
        busy = true;
        lock.unlock();
        Set<Path> named = new LinkedHashSet<>();
        boolean known = false;
        try {
            commit(group, named);
            known = true;
        } finally {
            lock.lock();
            owed.addAll(named);
            busy = false;
            groups++;
            for (Publication each : group) {
                each.finish(known);
            }
            ended.signalAll();
        }
    }

    /** @param unsynced has, whatever becomes of this, the directories with names that may not be on the disk */
    private void commit(List<Publication> group, Set<Path> unsynced) {
        Failpoint.reach("commit.written");
        syncFiles(group);
        Failpoint.reach("commit.synced");
        Map<Path, List<Publication>> shelves = new LinkedHashMap<>();
        for (Publication each : group) {
            if (each.failed()) {
                continue;
            }
            try {
                if (!shelves.containsKey(each.shelf())) {
                    Staging.makeDirectories(each.shelf());
                }
                each.name();
                unsynced.add(each.shelf());
                shelves.computeIfAbsent(each.shelf(), shelf -> new ArrayList<>())
                        .add(each);
            } catch (IOException e) {
                each.fail(e);
            }
            Failpoint.reach("commit.named");
        }
        shelves.forEach((shelf, named) -> {
            try {
                // Whoever was first with a name may not have come to this yet, and success means that it stays.
                FilesAt.sync(shelf);
                unsynced.remove(shelf);
            } catch (IOException e) {
                named.forEach(each -> each.fail(e));
            }
            Failpoint.reach("commit.shelved");
        });
    }

    /** Those that the disk does not take have failed afterwards. */
    private void syncFiles(List<Publication> group) {
        int count = group.stream().mapToInt(each -> written(each).size()).sum();
        if (count >= MANY && !filesystem.hasFailed()) {
            try {
                filesystem.sync();
                return;
            } catch (IOException e) {
                // Of whom it does not say: each file tells of what it has lost itself, however often the filesystem has
                // told of it.
            }
        }
        for (Publication each : group) {
            try {
                for (Path path : written(each)) {
                    FilesAt.sync(path);
                }
            } catch (IOException e) {
                each.fail(e);
            }
        }
    }

    private static List<Path> written(Publication publication) {
        List<Path> paths = new ArrayList<>(publication.files());
        if (publication.isDirectory()) {
            paths.add(publication.from());
        }
        return paths;
    }
}
