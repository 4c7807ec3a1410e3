package io.varve.view;

import io.varve.failure.Failure;
import io.varve.layerfs.Layer;
import io.varve.layerfs.Tree;
import io.varve.os.Fd;
import io.varve.os.FilesAt;
import io.varve.os.OsException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes a tree out as files: <i>unpack</i>. Each file is written exactly once, since a tree holds nothing that something
 * else hides, several at a time, and by its name in an open directory, so that no symlink is ever followed.
 */
public final class Materialise {
    private Materialise() {}

    /**
     * Writes all of the tree into a directory, which is made if it is missing. On return everything is there with its
     * attributes; nothing is synced to disk. When this throws, what it made is gone again.
     *
     * <p>Owners, modes, times, xattrs, hardlinks, devices and holes are those of the tree, except as
     * {@link UnpackOptions#rootless} says, and except for xattrs that Linux has no place for on such a file. Times are
     * as precise and as far from 1970 as the filesystem can keep; the time of access becomes that of modification.
     *
     * <p>Blocks, and may be interrupted.
     *
     * @param layers the stack that the tree was merged from, base first; of them only the tars are read
     * @throws Failure Conflict when the directory is not empty or is no directory; Cancelled when the thread was
     *     interrupted, which it then still is; else with the path inside the image and what was refused there
     */
    public static Unpacked unpack(Tree tree, List<Layer> layers, Path directory, UnpackOptions options) {
        List<Fd> tars = new ArrayList<>();
        try {
            for (Layer layer : layers) {
                tars.add(FilesAt.openFile(layer.tar()));
            }
            try (Destination destination = Destination.open(directory, options.rootless())) {
                return write(tree, layers, tars, destination, options);
            }
        } catch (OsException refused) {
            throw Refused.by(refused);
        } finally {
            tars.forEach(Fd::close);
        }
    }

    private static Unpacked write(
            Tree tree, List<Layer> layers, List<Fd> tars, Destination destination, UnpackOptions options)
            throws OsException {
        Itinerary itinerary = new Itinerary(tree);
        try {
            return new Unpacking(tree, itinerary, layers, tars, destination.fd(), options).run();
        } catch (RuntimeException | OsException | Error failed) {
            // Removing must not be cut short by the interrupt that may have led here: it blocks on nothing but the
            // disk.
            try {
                Removal.of(tree, itinerary, destination.fd());
                destination.restore();
            } catch (IOException left) {
                failed.addSuppressed(left);
            }
            throw failed;
        }
    }
}
