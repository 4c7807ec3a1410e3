package io.varve.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.concurrent.locks.LockSupport;

/** Mounts as descriptors: copied, given flags, put at a directory, taken away. */
public final class Mounts {
    private static final int OPEN_TREE_CLONE = 1;
    private static final int MOVE_MOUNT_F_EMPTY_PATH = 4;
    private static final int MOVE_MOUNT_T_EMPTY_PATH = 0x40;
    private static final int UMOUNT_NOFOLLOW = 8;
    private static final int MOUNT_ATTR_BYTES = 32;
    private static final int MS_PRIVATE = 1 << 18;

    private static final int BUSY_ATTEMPTS = 20;
    private static final long BUSY_PAUSE_NANOS = 10_000_000;

    private Mounts() {}

    /** A new mount of what is mounted at {@code directory}, standing nowhere yet. */
    public static Fd copy(Fd directory) throws OsException {
        long flags = OPEN_TREE_CLONE | Libc.O_CLOEXEC | Libc.AT_EMPTY_PATH;
        int fd = Libc.syscall(Libc.SYS_OPEN_TREE, directory.number(), CString.EMPTY.address(), flags, 0, 0);
        check("open_tree", fd);
        return new Fd(fd);
    }

    public static void setFlags(Fd mount, MountFlags flags) throws OsException {
        setAttributes(mount, flags.bits(), MountFlags.MASK & ~flags.bits(), 0);
    }

    /**
     * Lets what is mounted below this mount from now on stay here: nothing of it shows in copies of the mount or in other
     * mount namespaces, nor theirs in it. A copy of it made afterwards is private too, until it is put somewhere: below
     * a mount that shares, it becomes one that does, with copies of its own.
     */
    public static void makePrivate(Fd mount) throws OsException {
        setAttributes(mount, 0, 0, MS_PRIVATE);
    }

    private static void setAttributes(Fd mount, long set, long clear, long propagation) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            // struct mount_attr: attr_set, attr_clr, propagation, userns_fd, 64 bits each
            MemorySegment attributes = arena.allocate(MOUNT_ATTR_BYTES, Long.BYTES);
            attributes.setAtIndex(ValueLayout.JAVA_LONG, 0, set);
            attributes.setAtIndex(ValueLayout.JAVA_LONG, 1, clear);
            attributes.setAtIndex(ValueLayout.JAVA_LONG, 2, propagation);
            int result = Libc.syscall(
                    Libc.SYS_MOUNT_SETATTR,
                    mount.number(),
                    CString.EMPTY.address(),
                    Libc.AT_EMPTY_PATH,
                    attributes.address(),
                    MOUNT_ATTR_BYTES);
            check("mount_setattr", result);
        }
    }

    /** Puts a mount that stands nowhere at a directory: from here on everybody sees it, complete. */
    public static void move(Fd mount, Fd directory) throws OsException {
        long empty = CString.EMPTY.address();
        int flags = MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH;
        check("move_mount", Libc.syscall(Libc.SYS_MOVE_MOUNT, mount.number(), empty, directory.number(), empty, flags));
    }

    /**
     * Unmounts what is uppermost there. Whoever starts a process has it hold all files that are open here, until it runs a program of
     * its own: so what is in use is tried again, for a fifth of a second.
     *
     * @throws OsException EBUSY when somebody has a file or directory of the mount open, EINVAL when none is there
     */
    public static void unmount(Path directory) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment path = CString.of(arena, directory);
            int result = Libc.umount2(path, UMOUNT_NOFOLLOW);
            for (int again = 0; result == -Errno.EBUSY.number() && again < BUSY_ATTEMPTS; again++) {
                LockSupport.parkNanos(BUSY_PAUSE_NANOS);
                result = Libc.umount2(path, UMOUNT_NOFOLLOW);
            }
            check("umount " + directory, result);
        }
    }

    private static void check(String call, int result) throws OsException {
        if (result < 0) {
            throw new OsException(call, -result);
        }
    }
}
