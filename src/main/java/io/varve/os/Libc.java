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

    // Each is linked when it is called first: that takes milliseconds, and most commands call few of them.
    private static final class Openat {
        static final MethodHandle CALL = variadic("openat", 3, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT);
    }

    private static final class Close {
        static final MethodHandle CALL = function("close", JAVA_INT, JAVA_INT);
    }

    private static final class Mkdirat {
        static final MethodHandle CALL = function("mkdirat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
    }

    private static final class Symlinkat {
        static final MethodHandle CALL = function("symlinkat", JAVA_INT, ADDRESS, JAVA_INT, ADDRESS);
    }

    private static final class Linkat {
        static final MethodHandle CALL = function("linkat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT);
    }

    private static final class Mknodat {
        static final MethodHandle CALL = function("mknodat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_LONG);
    }

    private static final class Readlinkat {
        static final MethodHandle CALL = function("readlinkat", JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG);
    }

    private static final class Getdents64 {
        static final MethodHandle CALL = function("getdents64", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    }

    private static final class Unlinkat {
        static final MethodHandle CALL = function("unlinkat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
    }

    private static final class Fchownat {
        static final MethodHandle CALL =
                function("fchownat", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT);
    }

    private static final class Fchown {
        static final MethodHandle CALL = function("fchown", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT);
    }

    private static final class Fchmod {
        static final MethodHandle CALL = function("fchmod", JAVA_INT, JAVA_INT, JAVA_INT);
    }

    private static final class Chmod {
        static final MethodHandle CALL = function("chmod", JAVA_INT, ADDRESS, JAVA_INT);
    }

    private static final class Utimensat {
        static final MethodHandle CALL = function("utimensat", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);
    }

    private static final class Futimens {
        static final MethodHandle CALL = function("futimens", JAVA_INT, JAVA_INT, ADDRESS);
    }

    private static final class Fsetxattr {
        static final MethodHandle CALL =
                function("fsetxattr", JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT);
    }

    private static final class Lsetxattr {
        static final MethodHandle CALL =
                function("lsetxattr", JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT);
    }

    private static final class Fremovexattr {
        static final MethodHandle CALL = function("fremovexattr", JAVA_INT, JAVA_INT, ADDRESS);
    }

    private static final class Ftruncate {
        static final MethodHandle CALL = function("ftruncate", JAVA_INT, JAVA_INT, JAVA_LONG);
    }

    private static final class Fsync {
        static final MethodHandle CALL = function("fsync", JAVA_INT, JAVA_INT);
    }

    private static final class Syncfs {
        static final MethodHandle CALL = function("syncfs", JAVA_INT, JAVA_INT);
    }

    private static final class SyncFileRange {
        static final MethodHandle CALL =
                function("sync_file_range", JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_INT);
    }

    private static final class Fallocate {
        static final MethodHandle CALL = function("fallocate", JAVA_INT, JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG);
    }

    private static final class Fstatfs {
        static final MethodHandle CALL = function("fstatfs", JAVA_INT, JAVA_INT, ADDRESS);
    }

    private static final class Statx {
        static final MethodHandle CALL = function("statx", JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS);
    }

    private static final class Pread {
        static final MethodHandle CALL = function("pread", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG);
    }

    private static final class Pwrite {
        static final MethodHandle CALL = function("pwrite", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_LONG);
    }

    private static final class Read {
        static final MethodHandle CALL = function("read", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    }

    private static final class Flock {
        static final MethodHandle CALL = function("flock", JAVA_INT, JAVA_INT, JAVA_INT);
    }

    private static final class Ioctl {
        static final MethodHandle CALL = variadic("ioctl", 2, JAVA_INT, JAVA_INT, JAVA_LONG, ADDRESS);
    }

    private static final class Umount2 {
        static final MethodHandle CALL = function("umount2", JAVA_INT, ADDRESS, JAVA_INT);
    }

    private static final class Geteuid {
        static final MethodHandle CALL = function("geteuid", JAVA_INT);
    }

    private static final class Getegid {
        static final MethodHandle CALL = function("getegid", JAVA_INT);
    }

    private static final class Signal {
        static final MethodHandle CALL = function("signal", JAVA_LONG, JAVA_INT, ADDRESS);
    }

    private static final class Syscall {
        static final MethodHandle CALL = variadic(
                "syscall", 1, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG);
    }

    private Libc() {}

    static int openat(int directory, MemorySegment path, int flags, int mode) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) Openat.CALL.invokeExact(state, directory, path, flags, mode), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int mkdirat(int directory, MemorySegment path, int mode) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) Mkdirat.CALL.invokeExact(state, directory, path, mode), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int symlinkat(MemorySegment target, int directory, MemorySegment path) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) Symlinkat.CALL.invokeExact(state, target, directory, path), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int linkat(int fromDirectory, MemorySegment from, int toDirectory, MemorySegment to, int flags) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) Linkat.CALL.invokeExact(state, fromDirectory, from, toDirectory, to, flags), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int mknodat(int directory, MemorySegment path, int mode, long device) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) Mknodat.CALL.invokeExact(state, directory, path, mode, device), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static long readlinkat(int directory, MemorySegment path, MemorySegment to, long length) {
        MemorySegment state = Linkage.state();
        try {
            return result((long) Readlinkat.CALL.invokeExact(state, directory, path, to, length), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static long getdents64(int fd, MemorySegment to, long length) {
        MemorySegment state = Linkage.state();
        try {
            return result((long) Getdents64.CALL.invokeExact(state, fd, to, length), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int unlinkat(int directory, MemorySegment path, int flags) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) Unlinkat.CALL.invokeExact(state, directory, path, flags), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int fchownat(int directory, MemorySegment path, int uid, int gid, int flags) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) Fchownat.CALL.invokeExact(state, directory, path, uid, gid, flags), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int fchown(int fd, int uid, int gid) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) Fchown.CALL.invokeExact(state, fd, uid, gid), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int fchmod(int fd, int mode) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) Fchmod.CALL.invokeExact(state, fd, mode), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int chmod(MemorySegment path, int mode) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) Chmod.CALL.invokeExact(state, path, mode), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int utimensat(int directory, MemorySegment path, MemorySegment times, int flags) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) Utimensat.CALL.invokeExact(state, directory, path, times, flags), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int futimens(int fd, MemorySegment times) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) Futimens.CALL.invokeExact(state, fd, times), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int fsetxattr(int fd, MemorySegment name, MemorySegment value, long size, int flags) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) Fsetxattr.CALL.invokeExact(state, fd, name, value, size, flags), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int lsetxattr(MemorySegment path, MemorySegment name, MemorySegment value, long size, int flags) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) Lsetxattr.CALL.invokeExact(state, path, name, value, size, flags), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int fremovexattr(int fd, MemorySegment name) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) Fremovexattr.CALL.invokeExact(state, fd, name), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int ftruncate(int fd, long size) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) Ftruncate.CALL.invokeExact(state, fd, size), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int fsync(int fd) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) Fsync.CALL.invokeExact(state, fd), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int syncfs(int fd) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) Syncfs.CALL.invokeExact(state, fd), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int sync_file_range(int fd, long offset, long length, int flags) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) SyncFileRange.CALL.invokeExact(state, fd, offset, length, flags), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int fallocate(int fd, int mode, long offset, long length) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) Fallocate.CALL.invokeExact(state, fd, mode, offset, length), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int fstatfs(int fd, MemorySegment status) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) Fstatfs.CALL.invokeExact(state, fd, status), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int statx(int directory, MemorySegment path, int flags, int mask, MemorySegment status) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) Statx.CALL.invokeExact(state, directory, path, flags, mask, status), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static long pread(int fd, MemorySegment to, long length, long at) {
        MemorySegment state = Linkage.state();
        try {
            return result((long) Pread.CALL.invokeExact(state, fd, to, length, at), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static long pwrite(int fd, MemorySegment from, long length, long at) {
        MemorySegment state = Linkage.state();
        try {
            return result((long) Pwrite.CALL.invokeExact(state, fd, from, length, at), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static long read(int fd, MemorySegment to, long length) {
        MemorySegment state = Linkage.state();
        try {
            return result((long) Read.CALL.invokeExact(state, fd, to, length), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int flock(int fd, int operation) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) Flock.CALL.invokeExact(state, fd, operation), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int ioctl(int fd, long request, MemorySegment argument) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) Ioctl.CALL.invokeExact(state, fd, request, argument), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int umount2(MemorySegment path, int flags) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) Umount2.CALL.invokeExact(state, path, flags), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int close(int fd) {
        MemorySegment state = Linkage.state();
        try {
            return result((int) Close.CALL.invokeExact(state, fd), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int geteuid() {
        MemorySegment state = Linkage.state();
        try {
            return result((int) Geteuid.CALL.invokeExact(state), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    static int getegid() {
        MemorySegment state = Linkage.state();
        try {
            return result((int) Getegid.CALL.invokeExact(state), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    /** @param handler null for what the system does by itself */
    static long signal(int number, MemorySegment handler) {
        MemorySegment state = Linkage.state();
        try {
            return result((long) Signal.CALL.invokeExact(state, number, handler), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }

    /** Parameters that are pointers are given as addresses; the caller keeps what they point to alive. */
    static int syscall(int number, long a, long b, long c, long d, long e) {
        MemorySegment state = Linkage.state();
        try {
            return (int) result((long) Syscall.CALL.invokeExact(state, (long) number, a, b, c, d, e, 0L), state);
        } catch (Throwable thrown) {
            throw impossible(thrown);
        }
    }
}
