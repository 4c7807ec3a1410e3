package io.varve.oci;

/** How the tar of a layer is compressed in its blob. */
public enum Compression {
    NONE,
    GZIP,
    ZSTD
}
