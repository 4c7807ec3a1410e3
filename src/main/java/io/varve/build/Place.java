package io.varve.build;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.varve.failure.Failure;
import io.varve.os.Fd;
import io.varve.os.FilesAt;
import io.varve.os.Name;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A directory of this machine.
 *
 * @param top where whoever runs this says it is; symlinks on the way are followed
 * @param below the way from there, on which none is; empty for the top itself
 */
public record Place(Path top, Path below) {
    private static final Path HERE = Path.of("");

    public Place(Path directory) {
        this(directory, HERE);
    }

    /** @throws Failure NotFound when there is none */
    Fd open() throws IOException {
        Fd open = FilesAt.openDirectory(top);
        if (below.equals(HERE)) {
            return open;
        }
        for (Path name : below) {
            try (Fd above = open) {
                Fd next = FilesAt.openDirectory(above, Name.of(name.toString().getBytes(UTF_8)));
                if (next == null) {
                    throw Failure.notFound("there is no directory " + this);
                }
                open = next;
            }
        }
        return open;
    }

    @Override
    public String toString() {
        return top.resolve(below).toString();
    }
}
