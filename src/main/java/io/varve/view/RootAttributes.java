package io.varve.view;

import io.varve.os.Errno;
import io.varve.os.Fd;
import io.varve.os.FileStatus;
import io.varve.os.FilesAt;
import io.varve.os.OsException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Makes the upper directory of an overlay look like the root of the image: overlayfs shows the upper one's owner, mode, times and xattrs
 * as those of its root, and nothing of the lower one's.
 *
 * <p>The order is that of {@link Attributes}. What the upper directory has by default of the directory that it was made in is taken away.
 */
final class RootAttributes {
    private static final String ACCESS = "system.posix_acl_access";
    private static final String DEFAULT = "system.posix_acl_default";
    private static final byte[] SECURITY = bytes("security.");
    private static final byte[] OVERLAY = bytes("trusted.overlay.");
    private static final byte[] ACL = bytes("system.posix_acl_");

    private RootAttributes() {}

    /** @param image its mount */
    static void copy(Fd image, Fd upper) throws OsException {
        FileStatus root = FilesAt.status(image);
        FilesAt.removeXattr(upper, DEFAULT);
        FilesAt.removeXattr(upper, ACCESS);
        FilesAt.changeOwner(upper, root.uid(), root.gid());
        List<byte[]> acls = new ArrayList<>();
        // The mount says who its root is, but only what was opened says more.
        try (Fd lower = FilesAt.openDirectory(Path.of(image.path()))) {
            for (byte[] name : FilesAt.xattrs(lower)) {
                if (startsWith(name, ACL)) {
                    acls.add(name);
                } else if (!startsWith(name, OVERLAY)) {
                    copy(lower, upper, name);
                }
            }
            FilesAt.changeMode(upper, root.permissions());
            for (byte[] acl : acls) {
                copy(lower, upper, acl);
            }
        }
        FilesAt.setTimes(upper, root.mtime(), root.nanos());
    }

    private static void copy(Fd lower, Fd upper, byte[] name) throws OsException {
        try {
            FilesAt.setXattr(upper, name, FilesAt.xattr(lower, name));
        } catch (OsException refused) {
            // Where the store's filesystem has none of these, what overlayfs copies up loses them as well.
            boolean rights = startsWith(name, SECURITY) || startsWith(name, ACL);
            if (rights || refused.errno() != Errno.EOPNOTSUPP) {
                throw Refused.by(refused).during("xattr " + new String(name, StandardCharsets.UTF_8) + " of the root");
            }
        }
    }

    private static boolean startsWith(byte[] name, byte[] prefix) {
        return name.length >= prefix.length && Arrays.equals(name, 0, prefix.length, prefix, 0, prefix.length);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
