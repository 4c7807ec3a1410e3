package io.varve.layerfs;

/** What an inode is. Sockets cannot travel in a layer, so there is none. */
public enum FileType {
    REGULAR(0100000),
    DIRECTORY(0040000),
    SYMLINK(0120000),
    CHARACTER(0020000),
    BLOCK(0060000),
    FIFO(0010000);

    private final int bits;

    FileType(int bits) {
        this.bits = bits;
    }

    /** The S_IFMT bits of {@code st_mode}. */
    public int bits() {
        return bits;
    }
}
