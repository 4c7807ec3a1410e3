package io.varve.os;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/**
 * Where the files of a store are before they have their names and after they lost them: one directory, on the filesystem
 * of the names. Whatever appears under a name appears whole and on the disk, or not at all; whatever is removed is gone
 * at once. What a process that died has left here is nobody's, and its owner's to sweep.
 *
 * <p>Publishing is {@linkplain Commits grouped}: however many threads publish at the same time, the disk is asked a few
 * times. Where durability is relaxed, what is published or replaced is {@linkplain Unsynced not waited for}; what is removed is. Safe for any
 * thread; blocks.
 */
public final class Staging {
    private static final FileAttribute<Set<PosixFilePermission>> PRIVATE =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private static final String STAGED = "staged-";

    private final Path directory;
    private final Durability durability;
    private final FilesystemSync filesystem;
    private final Commits commits;
    private final Unsynced unsynced;

    /** One with full durability. */
    public Staging(Path directory) {
        this(directory, Durability.FULL);
    }

    /** @param directory made, for its owner alone, when something is first written there */
    public Staging(Path directory, Durability durability) {
        this.directory = directory;
        this.durability = durability;
        filesystem = new FilesystemSync(directory);
        commits = new Commits(filesystem);
        unsynced = new Unsynced(filesystem);
    }

    /**
     * Begins to hear of every write that the disk loses, whoever else asks after those, until {@link #letGo}; a descriptor is open for as
     * long. Without it, what others were told of is not told here. Whoever has the store to itself calls it before it writes.
     */
    public void hold() throws IOException {
        makeDirectories(directory);
        filesystem.hold();
    }

    /**
     * Nothing that was written is to be published any more. Again does nothing. Where something has its name and was not synced, the
     * descriptor stays open: whoever holds it next hears of what the disk has lost of that as well.
     */
    public void letGo() {
        if (!unsynced.isOwing()) {
            filesystem.letGo();
        }
    }

    /** The same, and nobody will hear of what was not synced either. */
    public void forget() {
        filesystem.letGo();
    }

    public Path directory() {
        return directory;
    }

    /**
     * A new, empty directory in here, to be filled and published as a whole.
     *
     * @param what a word for whoever looks around in here
     */
    public Staged begin(String what) throws IOException {
        makeDirectories(directory);
        return new Staged(Files.createTempDirectory(directory, STAGED + what + "-"), this);
    }

    /** Removes what processes that died had begun. Only while nobody is at work in here. */
    public void sweep() throws IOException {
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> left = Files.newDirectoryStream(directory, STAGED + "*")) {
                for (Path each : left) {
                    delete(each);
                }
            }
        }
    }

    /**
     * Moves a file or directory of here to its name, once its bytes are on the disk. Success means that the name is there
     * and survives a power loss, made by this or by somebody before, whose content then stays; in that case {@code from}
     * stays too.
     *
     * @param files what has to be on the disk before the name is: {@code from} itself, or the files in it
     */
    public void publish(Path from, List<Path> files, Path home) throws IOException {
        publish(List.of(new Publication(Publication.Kind.MOVE, from, files, home)));
    }

    private void publish(List<Publication> publications) throws IOException {
        switch (durability) {
            case FULL -> commits.publish(publications);
            case RELAXED -> unsynced.publish(publications);
        }
    }

    /**
     * As {@link #publish} for several files at once, which costs little more than one.
     *
     * @param homes the name of each file; one that is its own name already is only made sure of
     */
    public void publish(Map<Path, Path> homes) throws IOException {
        List<Publication> all = new ArrayList<>();
        homes.forEach((from, home) -> all.add(
                from.equals(home)
                        ? new Publication(Publication.Kind.LINK, from, List.of(), home)
                        : new Publication(Publication.Kind.MOVE, from, List.of(from), home)));
        if (!all.isEmpty()) {
            publish(all);
        }
    }

    /** Gives a file that has a name already, and so is on the disk, another one; success means the same. */
    public void link(Path existing, Path home) throws IOException {
        publish(List.of(new Publication(Publication.Kind.LINK, existing, List.of(), home)));
    }

    /** A file or directory of the store's is on the disk when this returns; where durability is relaxed, one day. */
    public void sync(Path path) throws IOException {
        if (durability == Durability.FULL) {
            FilesAt.sync(path);
        }
    }

    /** For a file of the store's that is being written; the caller's to close. */
    public Writeback writeback(Path file) {
        return new Writeback(file, durability);
    }

    /**
     * What was published until now is on the disk when this returns, and says so; with full durability it is anyway.
     *
     * @throws IOException when the disk does not take something, which nobody is told a second time
     */
    public void syncPublished() throws IOException {
        unsynced.sync();
    }

    /**
     * Whatever was found under its name before this is called keeps it when this returns, though somebody else published it
     * and may not have come to the end of that. Costs nothing but the wait for those who are at it, unless the disk had refused one of them.
     *
     * @throws IOException when it still does
     */
    public void settle() throws IOException {
        commits.settle();
    }

    /**
     * Writes a file whose content is nobody's but the caller's to change: readers see all of the old one or all of the
     * new one, after a power loss too unless durability is relaxed.
     */
    public void replace(Path file, byte[] content) throws IOException {
        Path shelf = Objects.requireNonNull(file.toAbsolutePath().getParent());
        makeDirectories(shelf);
        try (Staged staged = begin("replacement")) {
            Path written = staged.directory().resolve("content");
            Files.write(written, content, StandardOpenOption.CREATE_NEW);
            sync(written);
            Failpoint.reach("replace.synced");
            Files.move(written, file, StandardCopyOption.ATOMIC_MOVE);
            sync(shelf);
            Failpoint.reach("replace.named");
        }
    }

    /**
     * Takes away the names of these files and directories; those that are not there are passed over. When this returns
     * none of them will be there after a power loss either. Their bytes are freed when what is returned is closed.
     */
    public Staged take(Collection<Path> homes) throws IOException {
        Staged trash = begin("trash");
        try {
            Set<Path> shelves = new LinkedHashSet<>();
            int count = 0;
            for (Path home : homes) {
                try {
                    Files.move(
                            home, trash.directory().resolve(Integer.toString(count)), StandardCopyOption.ATOMIC_MOVE);
                    count++;
                    shelves.add(Objects.requireNonNull(home.toAbsolutePath().getParent()));
                } catch (NoSuchFileException e) {
                    // Somebody was faster.
                }
                Failpoint.reach("take.renamed");
            }
            for (Path shelf : shelves) {
                FilesAt.sync(shelf);
            }
            Failpoint.reach("take.synced");
            return trash;
        } catch (IOException | RuntimeException e) {
            trash.close();
            throw e;
        }
    }

    /** As {@link #take}, and frees the bytes. */
    public void remove(Collection<Path> homes) throws IOException {
        take(homes).close();
    }

    /** Makes a directory and what is missing above it, for its owner alone, so that it survives a power loss. */
    public static void makeDirectories(Path directory) throws IOException {
        if (Files.isDirectory(directory)) {
            return;
        }
        Path above = directory.toAbsolutePath().getParent();
        if (above != null) {
            makeDirectories(above);
            Files.createDirectories(directory, PRIVATE);
            FilesAt.sync(above);
        }
    }

    /** Deletes a file, or a directory with everything in it; symlinks are not followed. Nothing there is fine. */
    public static void delete(Path path) throws IOException {
        if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
            try (DirectoryStream<Path> children = Files.newDirectoryStream(path)) {
                for (Path child : children) {
                    delete(child);
                }
            }
        }
        Files.deleteIfExists(path);
    }
}
