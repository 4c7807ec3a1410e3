package io.varve.content;

import io.varve.oci.Digest;
import java.nio.file.Path;

/**
 * A committed blob: its file never changes, and what has it open keeps it even when it is removed.
 *
 * @param size bytes of the file
 */
public record Blob(Digest digest, long size, Path file) {}
