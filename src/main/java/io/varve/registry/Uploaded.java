package io.varve.registry;

/** How a blob came into a repository. */
public enum Uploaded {
    /** Of another repository, without being sent. */
    MOUNTED,
    /** Byte by byte. */
    SENT
}
