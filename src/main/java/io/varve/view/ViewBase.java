package io.varve.view;

import io.varve.oci.Digest;
import io.varve.os.Fd;
import io.varve.os.FileStatus;
import io.varve.os.FilesAt;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where what is kept of a store's views is. Of those that the store's owner mounts it is in the store. Root keeps that of his own
 * views elsewhere when the store is somebody else's: who has fewer rights could exchange the directories that root works in, and
 * could not work in those that root has made. Each reads what the other has, so that neither collects what is mounted.
 *
 * @param own where whoever asks keeps that of his
 * @param other where the others do, which need not be there, nor be readable; null when there are none
 * @param readers the group that may read what is kept, or {@link #NOBODY}
 */
record ViewBase(Path own, @Nullable Path other, int readers) {
    static final int NOBODY = -1;

    private static final Path OF_ROOT = Path.of("/var/lib/varve-views");
    private static final String VIEWS = "views";
    private static final int ROOT = 0;

    /** @param store its directory, which need not be there yet */
    static ViewBase of(Path store) {
        return of(store, OF_ROOT);
    }

    static ViewBase of(Path store, Path ofRoot) {
        Path inside = store.resolve(VIEWS);
        try (Fd directory = FilesAt.openDirectory(store)) {
            FileStatus status = FilesAt.status(directory);
            Path outside = ofRoot.resolve(name(store.toRealPath()));
            return FilesAt.user() == ROOT && status.uid() != ROOT
                    ? new ViewBase(outside, inside, status.gid())
                    : new ViewBase(inside, outside, NOBODY);
        } catch (IOException e) {
            // Whoever makes it will be its owner, and the only one.
            return new ViewBase(inside, null, NOBODY);
        }
    }

    private static String name(Path store) {
        return Digest.sha256(store.toString().getBytes(StandardCharsets.UTF_8)).hex();
    }
}
