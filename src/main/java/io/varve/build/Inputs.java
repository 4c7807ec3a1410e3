package io.varve.build;

import io.varve.failure.Failure;
import io.varve.pipeline.Feed;
import io.vertx.core.Future;
import java.nio.file.Path;

/** What comes beside a spec. */
@FunctionalInterface
public interface Inputs {
    /** Nothing. */
    Inputs NONE = name -> Future.failedFuture(
            Failure.invalid("tar: got " + name + ", wanted it as a part of multipart/form-data, behind the part spec"));

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
     * Where a directory is that the spec names; none by default. May block.
     *
     * @throws Failure Invalid when it may not be read
     */
    default Place directory(String path) {
        throw Failure.invalid("directory: got " + path + ", which is of a machine that nobody may read here");
    }

    /** Completes when nothing more is to come; fails when something came that was not wanted. On any thread. */
    default Future<Void> whole() {
        return Future.succeededFuture();
    }

    /**
     * Both.
     *
     * @param tars knows the tars
     * @param directories knows the directories
     */
    record Of(Inputs tars, Inputs directories) implements Inputs {
        @Override
        public Future<Input> tar(String name) {
            return tars.tar(name);
        }

        @Override
        public Place directory(String path) {
            return directories.directory(path);
        }

        @Override
        public Future<Void> whole() {
            return tars.whole();
        }
    }
}
