package io.varve.store;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.varve.os.FilesAt;
import io.varve.os.Staging;
import io.varve.os.Unsynced;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * The file {@code unsynced} of a store: there may be things in it that are not on the disk, and they came in the life of the
 * machine that the file names, as the kernel names it. It is on the disk before the first of them is there. While that life
 * lasts the kernel has all of them; in another one nobody knows what of them the disk has.
 */
final class UnsyncedNote {
    private static final Path LIFE = Path.of("/proc/sys/kernel/random/boot_id");

    /** Names no life of any machine, and begins none. */
    private static final String NONE = "none";

    private final StoreFiles files;

    UnsyncedNote(StoreFiles files) {
        this.files = files;
    }

    boolean isThere() throws IOException {
        return FilesAt.statusIfThere(files.unsynced()) != null;
    }

    /** Whether the machine has stopped since, or has failed to write something. */
    boolean isOfAnotherLife() throws IOException {
        try {
            // Everybody who reads asks, and mostly there is none: not by an exception.
            return isThere() && !Files.readString(files.unsynced(), US_ASCII).equals(life());
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /**
     * Whether something could not be written. What the kernel has of it in memory is not what the disk has then, whichever life of the
     * machine this is.
     */
    boolean isOfAFailure() throws IOException {
        try {
            return isThere() && Files.readString(files.unsynced(), US_ASCII).startsWith(NONE);
        } catch (NoSuchFileException e) {
            return false;
        }
    }

    /** From now on there may be such things, of this life and no other. */
    void write() throws IOException {
        if (!isThere() || isOfAnotherLife()) {
            replace(life());
        }
        // What is not on the disk has to bear its mark, which not every filesystem keeps.
        Unsynced.checkMarks(files.unsynced());
    }

    /**
     * Whatever there is that is not on the disk, the disk may never have, so that the next session is to look.
     *
     * @throws IOException when it could not be said
     */
    void distrust() throws IOException {
        try {
            replace(NONE);
        } catch (IOException e) {
            overwrite(e);
        }
    }

    /** Needs no room on the disk; what is half of it names no life either. */
    private void overwrite(IOException refused) throws IOException {
        try {
            Files.write(files.unsynced(), NONE.getBytes(US_ASCII), StandardOpenOption.WRITE);
            FilesAt.sync(files.unsynced());
        } catch (IOException e) {
            refused.addSuppressed(e);
            throw refused;
        }
    }

    private void replace(String life) throws IOException {
        new Staging(files.ingest()).replace(files.unsynced(), life.getBytes(US_ASCII));
    }

    /** All there is is on the disk. */
    void remove() throws IOException {
        if (Files.deleteIfExists(files.unsynced())) {
            FilesAt.sync(files.directory());
        }
    }

    private static String life() throws IOException {
        return Files.readString(LIFE, US_ASCII).strip();
    }
}
