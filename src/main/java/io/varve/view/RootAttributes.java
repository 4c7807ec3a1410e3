package io.varve.view;

import io.varve.layerfs.Xattr;
import io.varve.os.Errno;
import io.varve.os.Fd;
import io.varve.os.FileStatus;
import io.varve.os.FilesAt;
import io.varve.os.OsException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Makes the upper directory of an overlay look like the root of the image: overlayfs shows the upper one's owner, mode, times and xattrs
 * as those of its root, and nothing of the lower one's.
 *
 * <p>The order is that of {@link Attributes}. What the upper directory has by default of the directory that it was made in is taken away.
 */
final class RootAttributes {
    private static final String SECURITY = "security.";
    private static final String OVERLAY = "trusted.overlay.";
    private static final String ACL = "system.posix_acl_";

    private RootAttributes() {}

    /** @param image its mount */
    static void copy(Fd image, Fd upper) throws OsException {
        FileStatus root = FilesAt.status(image);
        List<Xattr> xattrs = xattrs(image);
        FilesAt.removeAcls(upper);
        FilesAt.changeOwner(upper, root.uid(), root.gid());
        for (Xattr each : xattrs) {
            if (!each.startsWith(ACL) && !each.startsWith(OVERLAY)) {
                set(upper, each);
            }
        }
        FilesAt.changeMode(upper, root.permissions());
        for (Xattr each : xattrs) {
            if (each.startsWith(ACL)) {
                set(upper, each);
            }
        }
        FilesAt.setTimes(upper, root.mtime(), root.nanos());
    }

    private static List<Xattr> xattrs(Fd image) throws OsException {
        List<Xattr> xattrs = new ArrayList<>();
        // The mount says who its root is, but only what was opened says more.
        try (Fd root = FilesAt.openDirectory(Path.of(image.path()))) {
            for (byte[] name : FilesAt.xattrs(root)) {
                xattrs.add(new Xattr(name, FilesAt.xattr(root, name)));
            }
        }
        return xattrs;
    }

    private static void set(Fd upper, Xattr xattr) throws OsException {
        try {
            FilesAt.setXattr(upper, xattr.name(), xattr.value());
        } catch (OsException refused) {
            // Where the store's filesystem has none of these, what overlayfs copies up loses them as well.
            boolean rights = xattr.startsWith(SECURITY) || xattr.startsWith(ACL);
            if (rights || refused.errno() != Errno.EOPNOTSUPP) {
                throw Refused.by(refused)
                        .during("xattr " + new String(xattr.name(), StandardCharsets.UTF_8) + " of the root");
            }
        }
    }
}
