package io.varve.layerfs;

/**
 * What one entry of a layer's tar does to the tree below it.
 *
 * <p>Paths are relative to the image's root, without a leading slash, {@code .} or {@code ..}; names are bytes, 1 to 255
 * of them. The empty path is the root.
 */
public sealed interface Change {

    byte[] path();

    /** Where in the tar the entry's headers begin, in bytes. */
    long offset();

    /** There is this inode at the path; a directory over a directory keeps what is in it. */
    record Put(byte[] path, Inode inode, long offset) implements Change {}

    /** The path is one more name of what {@code target}, a path like any other, names. */
    record Link(byte[] path, byte[] target, long offset) implements Change {}

    /** Lower layers have nothing at the path. */
    record Whiteout(byte[] path, long offset) implements Change {}

    /** Lower layers have nothing in the directory at the path. */
    record Opaque(byte[] path, long offset) implements Change {}
}
