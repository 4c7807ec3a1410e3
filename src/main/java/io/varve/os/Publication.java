package io.varve.os;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** One thing that is to have a name, and what became of that. Guarded by the lock of its {@link Commits}. */
final class Publication {
    enum Kind {
        MOVE,
        LINK
    }

    private final Kind kind;
    private final Path from;
    private final List<Path> files;
    private final Path home;
    private @Nullable IOException refused;
    private boolean done;
    private boolean cut;

    Publication(Kind kind, Path from, List<Path> files, Path home) {
        this.kind = kind;
        this.from = from;
        this.files = List.copyOf(files);
        this.home = home.toAbsolutePath();
    }

    List<Path> files() {
        return files;
    }

    /** The directory that the files are in, if that is what gets the name: its own names must be on the disk too. */
    boolean isDirectory() {
        return kind == Kind.MOVE && !files.contains(from);
    }

    Path from() {
        return from;
    }

    Path home() {
        return home;
    }

    Path shelf() {
        return Objects.requireNonNull(home.getParent(), "nothing can be published as the root");
    }

    void name() throws IOException {
        boolean directory = Files.isDirectory(from, LinkOption.NOFOLLOW_LINKS);
        if (Files.exists(home, LinkOption.NOFOLLOW_LINKS)) {
            if (Files.isDirectory(home, LinkOption.NOFOLLOW_LINKS) == directory) {
                return;
            }
            throw new FileSystemException(home.toString(), null, "something else is there");
        }
        switch (kind) {
            case MOVE -> Files.move(from, home, StandardCopyOption.ATOMIC_MOVE);
            case LINK -> Files.createLink(home, from);
        }
    }

    void fail(IOException e) {
        if (refused == null) {
            refused = e;
        }
    }

    boolean failed() {
        return refused != null;
    }

    /** @param known whether the commit came to its end: what an error has cut short is done for nobody */
    void finish(boolean known) {
        done = true;
        cut = !known;
    }

    boolean done() {
        return done;
    }

    void result() throws IOException {
        if (refused != null) {
            throw refused;
        }
        if (cut) {
            throw new FileSystemException(home.toString(), null, "an error has cut short what brought it to the disk");
        }
    }
}
