package io.varve.build;

import io.varve.failure.Failure;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.util.List;

/**
 * Directories of this machine that others may have read too, and what is below them.
 *
 * @param allowed absolute paths
 */
public record HostDirectories(List<Path> allowed) implements Inputs {
    @Override
    public Future<Input> tar(String name) {
        return NONE.tar(name);
    }

    @Override
    public Place directory(String path) {
        Path wanted = Path.of(path).normalize();
        Path above = allowed.stream()
                .filter(each -> wanted.startsWith(each))
                .findFirst()
                .orElseThrow(() -> Failure.invalid("directory: got " + path
                        + ", wanted one that the service lets others read (http.buildDirectories)"));
        return new Place(above, above.relativize(wanted));
    }
}
