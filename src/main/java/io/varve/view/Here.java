package io.varve.view;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where this process sees mounts: which run of the kernel, and which of its mount namespaces. What was mounted under
 * another run is gone; what was mounted in another namespace cannot be seen, and may well be there.
 */
record Here(String boot, String namespace) {

    static Here now() throws IOException {
        return new Here(
                Files.readString(Path.of("/proc/sys/kernel/random/boot_id")).strip(),
                Files.readSymbolicLink(Path.of("/proc/self/ns/mnt")).toString());
    }
}
