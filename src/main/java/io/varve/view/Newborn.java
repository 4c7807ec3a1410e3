package io.varve.view;

import io.varve.os.Fd;
import io.varve.os.FileStatus;
import io.varve.os.FilesAt;
import io.varve.os.Name;
import io.varve.os.OsException;
import java.nio.charset.StandardCharsets;

/**
 * What a file made here gets without being asked: its owner, and the umask. It is tried rather than computed, because
 * filesystems have options of their own; knowing it saves most files a chown and a chmod.
 */
record Newborn(int uid, int gid, int umask) {

    /** Tries it in a directory that is empty and the caller's own. */
    static Newborn in(Fd directory) throws OsException {
        Name name = Name.of("probe".getBytes(StandardCharsets.US_ASCII));
        try (Fd file = FilesAt.create(directory, name, 0777)) {
            FileStatus status = FilesAt.status(file);
            return new Newborn(status.uid(), status.gid(), 0777 & ~status.permissions());
        } finally {
            FilesAt.unlink(directory, name);
        }
    }

    boolean has(int wantedUid, int wantedGid) {
        return uid == wantedUid && gid == wantedGid;
    }

    /** Whether a file made with this mode has exactly it. */
    boolean keeps(int mode) {
        return (mode & ~0777) == 0 && (mode & umask) == 0;
    }
}
