package io.varve.build;

import io.varve.failure.Failure;
import io.vertx.core.Future;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Tars and directories of this machine, for whoever may read them anyway.
 *
 * @param context what relative paths are relative to
 */
public record HostInputs(Path context) implements Inputs {
    @Override
    public Future<Input> tar(String name) {
        Path file = context.resolve(name);
        return Files.isRegularFile(file)
                ? Future.succeededFuture(new InputFile(file))
                : Future.failedFuture(Failure.notFound("there is no file " + file));
    }

    @Override
    public Place directory(String path) {
        Path directory = context.resolve(path);
        if (!Files.isDirectory(directory)) {
            throw Failure.notFound("there is no directory " + directory);
        }
        return new Place(directory);
    }
}
