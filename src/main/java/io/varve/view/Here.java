package io.varve.view;

import io.varve.os.Fd;
import io.varve.os.FileStatus;
import io.varve.os.FilesAt;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where this process sees mounts: which run of the kernel, which of its mount namespaces, and from which root. What was mounted under
 * another run is gone; what was mounted in another namespace, or from another root of this one, cannot be seen, and may well be there.
 *
 * @param root empty when it is not known, as of a view that was made before it was written down
 */
record Here(String boot, String namespace, String root) {

    static Here now() throws IOException {
        return new Here(
                Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip(),
                Files.readSymbolicLink(Path.of("/proc/self/ns/mnt")).toString(),
                rootNow());
    }

    /** Whether what was mounted here is among the mounts that are seen there. */
    boolean isSeenFrom(Here there) {
        return boot.equals(there.boot)
                && namespace.equals(there.namespace)
                && (root.isEmpty() || root.equals(there.root));
    }

    private static String rootNow() throws IOException {
        try (Fd root = FilesAt.openDirectory(Path.of("/"))) {
            FileStatus status = FilesAt.status(root);
            return status.device() + " " + status.inode() + " " + status.mountId();
        }
    }
}
