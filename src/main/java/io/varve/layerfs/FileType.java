package io.varve.layerfs;

/** What an inode is. Sockets cannot travel in a layer, so there is none. */
public enum FileType {
    REGULAR(0100000, "a regular file"),
    DIRECTORY(0040000, "a directory"),
    SYMLINK(0120000, "a symlink"),
    CHARACTER(0020000, "a character device"),
    BLOCK(0060000, "a block device"),
    FIFO(0010000, "a FIFO");

    private final int bits;
    private final String text;

    FileType(int bits, String text) {
        this.bits = bits;
        this.text = text;
    }

    /** The S_IFMT bits of {@code st_mode}. */
    public int bits() {
        return bits;
    }

    /** As a message has it: {@code a directory}. */
    @Override
    public String toString() {
        return text;
    }
}
