package io.varve.layerfs;

import io.varve.oci.Digest;
import java.nio.file.Path;

/**
 * A committed layer: its files never change and outlive whoever reads them, until the layer is removed as a whole.
 *
 * @param diffId the digest of the tar
 * @param tar the uncompressed tar, byte for byte as it came
 * @param size bytes of the tar
 * @param changes the tar's entries, as {@link Changes} has them
 */
public record Layer(Digest diffId, Path tar, long size, Path changes) {}
