package io.varve.build;

import io.varve.failure.Failure;
import io.varve.pipeline.Feed;
import io.vertx.core.Future;
import java.nio.file.Path;

/** What comes beside a spec. */
public interface Inputs {
    /** Nothing, and no directories of this machine. */
    Inputs NONE = new Inputs() {
        @Override
        public Future<Input> tar(String name) {
            return Future.failedFuture(Failure.invalid(
                    "tar: got " + name + ", wanted it as a part of multipart/form-data, behind the part spec"));
        }

        @Override
        public Path directory(String path) {
            throw Failure.invalid("directory: got " + path + ", which is of a machine that nobody may read here");
        }
    };

    /** A tar, compressed or not. */
    sealed interface Input {}

    /** One that can be read as often as need be. */
    record InputFile(Path file) implements Input {}

    /** One that passes by once. */
    record InputStream(Feed feed) implements Input {}

    /**
     * The tar that the spec calls so. Asked once for each name, for all of them before any is waited for; may block.
     *
     * @return completes when it comes, on any thread
     */
    Future<Input> tar(String name);

    /**
     * Where a directory is that the spec names. May block.
     *
     * @throws Failure Invalid when it may not be read
     */
    Path directory(String path);
}
