package io.varve.view;

/**
 * What was written.
 *
 * @param directories without the directory unpacked into
 * @param links further names of files, beside their first
 * @param bytes of file data, without holes
 * @param standIns empty regular files made in place of devices, which only a rootless unpack does
 * @param xattrsLeftOut that Linux has no place for on such a file, or would not let a rootless unpack set
 */
public record Unpacked(
        long directories,
        long files,
        long symlinks,
        long specials,
        long links,
        long bytes,
        long standIns,
        long xattrsLeftOut) {

    static final Unpacked NOTHING = new Unpacked(0, 0, 0, 0, 0, 0, 0, 0);

    static Unpacked leftOut(long xattrs) {
        return new Unpacked(0, 0, 0, 0, 0, 0, 0, xattrs);
    }

    Unpacked plus(Unpacked other) {
        return new Unpacked(
                directories + other.directories,
                files + other.files,
                symlinks + other.symlinks,
                specials + other.specials,
                links + other.links,
                bytes + other.bytes,
                standIns + other.standIns,
                xattrsLeftOut + other.xattrsLeftOut);
    }
}
