package io.varve.layerfs;

import io.varve.oci.Digest;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * A committed layer: its files never change and outlive whoever reads them, until the layer is removed as a whole.
 *
 * @param diffId the digest of the tar
 * @param tar the uncompressed tar, byte for byte as it came
 * @param size bytes of the tar
 * @param changes the tar's entries, as {@link Changes} has them
 */
public record Layer(Digest diffId, Path tar, long size, Path changes) {
    /**
     * The tar, to be read; the channel is the caller's to close. A link in its place is not followed: who owns the store may be trusted
     * less than who reads it.
     */
    public FileChannel open() throws IOException {
        return FileChannel.open(tar, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    }
}
