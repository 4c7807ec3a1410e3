package io.varve.os;

import static io.varve.os.Linkage.function;
import static io.varve.os.Linkage.impossible;
import static io.varve.os.Linkage.result;
import static io.varve.os.Linkage.variadic;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The C library's functions as they are, except that a refused call returns {@code -errno}, like the kernel itself:
 * there is no thread state to read afterwards.
 *
 * <p>Calls that are newer than the C libraries in use go through {@code syscall}; those all have one number on every
 * architecture.
 */
final class Libc {
    static final int AT_FDCWD = -100;
    static final int AT_SYMLINK_NOFOLLOW = 0x100;
    static final int AT_REMOVEDIR = 0x200;
    static final int AT_EMPTY_PATH = 0x1000;

    static final int O_RDONLY = 0;
    static final int O_WRONLY = 1;
    static final int O_RDWR = 2;
    static final int O_CREAT = 0100;
    static final int O_EXCL = 0200;
    static final int O_NONBLOCK = 04000;
    static final int O_CLOEXEC = 02000000;
    static final int O_PATH = 010000000;
    // The two flags below are the only constants here that depend on the architecture.
    private static final boolean ARM = "aarch64".equals(System.getProperty("os.arch"));
    static final int O_DIRECTORY = ARM ? 040000 : 0200000;
    static final int O_NOFOLLOW = ARM ? 0100000 : 0400000;

    static final int SYNC_FILE_RANGE_WRITE = 2;
    /** Of struct statx. */
    static final int STATX_BYTES = 256;

    static final int SYS_OPEN_TREE = 428;
    static final int SYS_MOVE_MOUNT = 429;
    static final int SYS_FSOPEN = 430;
    static final int SYS_FSCONFIG = 431;
    static final int SYS_FSMOUNT = 432;
    static final int SYS_OPENAT2 = 437;
    static final long RESOLVE_NO_MAGICLINKS = 0x02;
    static final long RESOLVE_IN_ROOT = 0x10;
    static final int SYS_MOUNT_SETATTR = 442;
    static final int SYS_CACHESTAT = 451;

    private static final MethodHandle OPENAT = variadic("openat", 3, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
    private static final MethodHandle CLOSE = function("close", JAVA_INT, JAVA_INT);
    private static final MethodHandle MKDIRAT = function("mkdirat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle SYMLINKAT = function("symlinkat", JAVA_INT, ADDRESS, JAVA_INT, ADDRESS);
    private static final MethodHandle LINKAT =
            function("linkat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle MKNODAT = function("mknodat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_LONG);
    private static final MethodHandle READLINKAT =
            function("readlinkat", JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG);
    private static final MethodHandle GETDENTS64 = function("getdents64", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    private static final MethodHandle UNLINKAT = function("unlinkat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle FCHOWNAT =
            function("fchownat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle FCHOWN = function("fchown", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle FCHMOD = function("fchmod", JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle CHMOD = function("chmod", JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle UTIMENSAT = function("utimensat", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);
    private static final MethodHandle FUTIMENS = function("futimens", JAVA_INT, JAVA_INT, ADDRESS);
    private static final MethodHandle FSETXATTR =
            function("fsetxattr", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT);
    private static final MethodHandle LSETXATTR =
            function("lsetxattr", JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT);
    private static final MethodHandle FREMOVEXATTR = function("fremovexattr", JAVA_INT, JAVA_INT, ADDRESS);
    private static final MethodHandle FTRUNCATE = function("ftruncate", JAVA_INT, JAVA_INT, JAVA_LONG);
    private static final MethodHandle FSYNC = function("fsync", JAVA_INT, JAVA_INT);
    private static final MethodHandle SYNCFS = function("syncfs", JAVA_INT, JAVA_INT);
    private static final MethodHandle SYNC_FILE_RANGE =
            function("sync_file_range", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    private static final MethodHandle FALLOCATE =
            function("fallocate", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle FSTATFS = function("fstatfs", JAVA_INT, JAVA_INT, ADDRESS);
    private static final MethodHandle STATX =
            function("statx", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS);
    private static final MethodHandle PREAD = function("pread", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle PWRITE = function("pwrite", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG);
    private static final MethodHandle READ = function("read", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    private static final MethodHandle FLOCK = function("flock", JAVA_INT, JAVA_INT, JAVA_INT);
    private static final MethodHandle IOCTL = variadic("ioctl", 2, JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS);
    private static final MethodHandle UMOUNT2 = function("umount2", JAVA_INT, ADDRESS, JAVA_INT);
    private static final MethodHandle GETEUID = function("geteuid", JAVA_INT);
    private static final MethodHandle GETEGID = function("getegid", JAVA_INT);
    private static final MethodHandle SIGNAL = function("signal", JAVA_LONG, JAVA_INT, ADDRESS);
    private static final MethodHandle SYSCALL = variadic(
            "syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);

    private Libc() {}

    static int openat(int directory, MemorySegment path, int flags, int mode) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) OPENAT.invokeExact(state, directory, path, flags, mode), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int mkdirat(int directory, MemorySegment path, int mode) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) MKDIRAT.invokeExact(state, directory, path, mode), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int symlinkat(MemorySegment target, int directory, MemorySegment path) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) SYMLINKAT.invokeExact(state, target, directory, path), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int linkat(int fromDirectory, MemorySegment from, int toDirectory, MemorySegment to, int flags) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) LINKAT.invokeExact(state, fromDirectory, from, toDirectory, to, flags), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int mknodat(int directory, MemorySegment path, int mode, long device) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) MKNODAT.invokeExact(state, directory, path, mode, device), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static long readlinkat(int directory, MemorySegment path, MemorySegment to, long length) {
        MemorySegment state = Linkage.state();
        try {
            return result((long) READLINKAT.invokeExact(state, directory, path, to, length), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static long getdents64(int fd, MemorySegment to, long length) {
        MemorySegment state = Linkage.state();
        try {
            return result((long) GETDENTS64.invokeExact(state, fd, to, length), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int unlinkat(int directory, MemorySegment path, int flags) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) UNLINKAT.invokeExact(state, directory, path, flags), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int fchownat(int directory, MemorySegment path, int uid, int gid, int flags) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) FCHOWNAT.invokeExact(state, directory, path, uid, gid, flags), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int fchown(int fd, int uid, int gid) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) FCHOWN.invokeExact(state, fd, uid, gid), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int fchmod(int fd, int mode) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) FCHMOD.invokeExact(state, fd, mode), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int chmod(MemorySegment path, int mode) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) CHMOD.invokeExact(state, path, mode), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int utimensat(int directory, MemorySegment path, MemorySegment times, int flags) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) UTIMENSAT.invokeExact(state, directory, path, times, flags), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int futimens(int fd, MemorySegment times) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) FUTIMENS.invokeExact(state, fd, times), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int fsetxattr(int fd, MemorySegment name, MemorySegment value, long size, int flags) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) FSETXATTR.invokeExact(state, fd, name, value, size, flags), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int lsetxattr(MemorySegment path, MemorySegment name, MemorySegment value, long size, int flags) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) LSETXATTR.invokeExact(state, path, name, value, size, flags), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int fremovexattr(int fd, MemorySegment name) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) FREMOVEXATTR.invokeExact(state, fd, name), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int ftruncate(int fd, long size) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) FTRUNCATE.invokeExact(state, fd, size), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int fsync(int fd) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) FSYNC.invokeExact(state, fd), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int syncfs(int fd) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) SYNCFS.invokeExact(state, fd), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int sync_file_range(int fd, long offset, long length, int flags) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) SYNC_FILE_RANGE.invokeExact(state, fd, offset, length, flags), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int fallocate(int fd, int mode, long offset, long length) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) FALLOCATE.invokeExact(state, fd, mode, offset, length), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int fstatfs(int fd, MemorySegment status) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) FSTATFS.invokeExact(state, fd, status), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int statx(int directory, MemorySegment path, int flags, int mask, MemorySegment status) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) STATX.invokeExact(state, directory, path, flags, mask, status), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static long pread(int fd, MemorySegment to, long length, long at) {
        MemorySegment state = Linkage.state();
        try {
            return result((long) PREAD.invokeExact(state, fd, to, length, at), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static long pwrite(int fd, MemorySegment from, long length, long at) {
        MemorySegment state = Linkage.state();
        try {
            return result((long) PWRITE.invokeExact(state, fd, from, length, at), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static long read(int fd, MemorySegment to, long length) {
        MemorySegment state = Linkage.state();
        try {
            return result((long) READ.invokeExact(state, fd, to, length), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int flock(int fd, int operation) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) FLOCK.invokeExact(state, fd, operation), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int ioctl(int fd, long request, MemorySegment argument) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) IOCTL.invokeExact(state, fd, request, argument), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int umount2(MemorySegment path, int flags) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) UMOUNT2.invokeExact(state, path, flags), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int close(int fd) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) CLOSE.invokeExact(state, fd), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int geteuid() {
        MemorySegment state = Linkage.state();
        try {
            return result((int) GETEUID.invokeExact(state), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int getegid() {
        MemorySegment state = Linkage.state();
        try {
            return result((int) GETEGID.invokeExact(state), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    /** @param handler null for what the system does by itself */
    static long signal(int number, MemorySegment handler) {
        MemorySegment state = Linkage.state();
        try {
            return result((long) SIGNAL.invokeExact(state, number, handler), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    /** Parameters that are pointers are given as addresses; the caller keeps what they point to alive. */
    static int syscall(int number, long a, long b, long c, long d, long e) {
        MemorySegment state = Linkage.state();
        try {
            return (int) result((long) SYSCALL.invokeExact(state, (long) number, a, b, c, d, e, 0L), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }
}
