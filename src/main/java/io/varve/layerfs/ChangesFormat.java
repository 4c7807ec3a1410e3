package io.varve.layerfs;

/**
 * How a layer's changes stand in a file. Numbers are varints (7 bits a byte, low first, the top bit says that more
 * follows), signed ones zigzag; what ascends or repeats is written as the difference from the change before.
 *
 * <pre>
 *   magic "varvechg" · version u8
 *   change*
 *   0x00
 *   trailer:  changes u32 · marks u32 · tar bytes u64 · crc32c of everything before it u32     (little-endian)
 *
 *   change:   tag u8 · offset/512 (difference) · shared · length · bytes     the path: its first `shared` bytes are the
 *                                                                            last path's, the others follow
 *   link:     … · length · target
 *   put:      … · mode · [uid · gid] · [mtime (signed difference) · nanos] · [xattrs] · body
 *   xattrs:   count · (length · name · length · value)*
 *   regular:  size · [extents]       no extents: one that covers the file, if it has bytes, right behind `data`
 *     data:     (offset in the tar − offset of the headers)/512, always there unless extents are
 *     extents:  count · (gap · length · offset in the tar − offset of the headers)*
 *   symlink:  length · target        device: major · minor        directory, FIFO: nothing
 * </pre>
 *
 * <p>Low four bits of a tag are what it is, the others what is there: an owner, a time (otherwise as in the put before),
 * xattrs, a list of extents.
 */
final class ChangesFormat {
    static final byte[] MAGIC = {'v', 'a', 'r', 'v', 'e', 'c', 'h', 'g'};
    static final int VERSION = 1;
    static final int HEADER_BYTES = MAGIC.length + 1;
    static final int TRAILER_BYTES = 4 + 4 + 8 + 4;

    static final int END = 0;
    static final int WHITEOUT = 1;
    static final int OPAQUE = 2;
    static final int LINK = 3;
    static final int REGULAR = 4;
    static final int DIRECTORY = 5;
    static final int SYMLINK = 6;
    static final int CHARACTER = 7;
    static final int BLOCK = 8;
    static final int FIFO = 9;
    static final int KIND = 0x0f;

    static final int HAS_OWNER = 0x10;
    static final int HAS_TIME = 0x20;
    static final int HAS_XATTRS = 0x40;
    static final int HAS_EXTENTS = 0x80;

    /** Tar headers and what lies behind them stand on blocks of this size. */
    static final int TAR_BLOCK = 512;

    private ChangesFormat() {}
}
