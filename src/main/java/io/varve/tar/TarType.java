package io.varve.tar;

/** What a member of a tar can be. Everything else is refused by the reader. */
public enum TarType {
    REGULAR('0'),
    /** Another name of an earlier entry, or of a file of a lower layer. */
    HARDLINK('1'),
    SYMLINK('2'),
    CHARACTER('3'),
    BLOCK('4'),
    DIRECTORY('5'),
    FIFO('6');

    private final byte flag;

    TarType(char flag) {
        this.flag = (byte) flag;
    }

    /** The ustar type flag. */
    byte flag() {
        return flag;
    }

    boolean isDevice() {
        return this == CHARACTER || this == BLOCK;
    }

    boolean isLink() {
        return this == HARDLINK || this == SYMLINK;
    }
}
