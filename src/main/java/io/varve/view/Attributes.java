package io.varve.view;

import io.varve.layerfs.FileType;
import io.varve.layerfs.Tree;
import io.varve.layerfs.Xattr;
import io.varve.os.Errno;
import io.varve.os.Fd;
import io.varve.os.FilesAt;
import io.varve.os.Name;
import io.varve.os.OsException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gives a file what the tree says of it, apart from its data. Owned by one thread.
 *
 * <p>The order matters: the owner before the mode and before capabilities, because changing it takes setuid and
 * capabilities away; xattrs before the mode, because the caller may not be able to write to a read-only file; ACLs after
 * the mode, because setting the mode changes their mask; the times last.
 */
final class Attributes {
    private static final String USER = "user.";
    private static final List<String> NAMESPACES = List.of(USER, "trusted.", "security.", "system.");
    private static final String ACL = "system.posix_acl_";

    private final Tree tree;
    private final boolean rootless;
    private final Newborn newborn;
    private long xattrsLeftOut;

    Attributes(Tree tree, boolean rootless, Newborn newborn) {
        this.tree = tree;
        this.rootless = rootless;
        this.newborn = newborn;
    }

    /** Whether a file made with the inode's mode has it, and nothing that is still to be set needs another first. */
    boolean bornWithMode(int inode) {
        return newborn.keeps(tree.mode(inode)) && tree.xattrSet(inode) == 0;
    }

    /** Of an open file or directory. */
    void set(Fd file, int inode, boolean modeIsRight) throws OsException {
        set(file, null, inode, modeIsRight);
    }

    /** Of what cannot be opened: a symlink, which would be followed, and a device, which would be used. */
    void set(Fd directory, Name name, int inode) throws OsException {
        set(directory, name, inode, tree.type(inode) == FileType.SYMLINK);
    }

    /** How many xattrs were not set and should not fail the unpack. */
    long xattrsLeftOut() {
        return xattrsLeftOut;
    }

    private void set(Fd at, @Nullable Name name, int inode, boolean modeIsRight) throws OsException {
        owner(at, name, inode);
        xattrs(at, name, inode, false);
        if (!modeIsRight) {
            if (name == null) {
                FilesAt.changeMode(at, tree.mode(inode));
            } else {
                FilesAt.changeMode(at, name, tree.mode(inode));
            }
        }
        xattrs(at, name, inode, true);
        if (name == null) {
            FilesAt.setTimes(at, tree.mtime(inode), tree.nanos(inode));
        } else {
            FilesAt.setTimes(at, name, tree.mtime(inode), tree.nanos(inode));
        }
    }

    private void owner(Fd at, @Nullable Name name, int inode) throws OsException {
        int uid = tree.uid(inode);
        int gid = tree.gid(inode);
        if (rootless || newborn.has(uid, gid)) {
            return;
        }
        if (name == null) {
            FilesAt.changeOwner(at, uid, gid);
        } else {
            FilesAt.changeOwner(at, name, uid, gid);
        }
    }

    private void xattrs(Fd at, @Nullable Name name, int inode, boolean acls) throws OsException {
        if (tree.xattrSet(inode) == 0) {
            return;
        }
        for (Xattr xattr : tree.xattrs(inode)) {
            if (xattr.startsWith(ACL) == acls) {
                if (hasPlace(xattr, tree.type(inode))) {
                    xattr(at, name, xattr);
                } else {
                    xattrsLeftOut++;
                }
            }
        }
    }

    /**
     * Whether a file of this type on Linux can have it at all; if not, a mount has no value for it either. Other systems
     * have other namespaces (com.apple.…), and {@code user.*} is for files and directories, whoever asks: xattr(7).
     */
    private static boolean hasPlace(Xattr xattr, FileType type) {
        if (xattr.startsWith(USER) && type != FileType.REGULAR && type != FileType.DIRECTORY) {
            return false;
        }
        for (String namespace : NAMESPACES) {
            if (xattr.startsWith(namespace)) {
                return xattr.name().length > namespace.length();
            }
        }
        return false;
    }

    private void xattr(Fd at, @Nullable Name name, Xattr xattr) {
        try {
            if (name == null) {
                FilesAt.setXattr(at, xattr.name(), xattr.value());
            } else {
                FilesAt.setXattr(at, name, xattr.name(), xattr.value());
            }
        } catch (OsException refused) {
            if (!rootless || !(refused.errno() == Errno.EPERM || refused.errno() == Errno.EOPNOTSUPP)) {
                throw Refused.by(refused).during("xattr " + new String(xattr.name(), StandardCharsets.UTF_8));
            }
            xattrsLeftOut++;
        }
    }
}
