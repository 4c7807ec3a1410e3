package io.varve.os;

import static io.varve.os.CFunction.ofInt;
import static io.varve.os.CFunction.ofLong;
import static io.varve.os.CFunction.word;

import java.lang.foreign.MemorySegment;

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
    static final int O_DIRECT = ARM ? 0200000 : 040000;
    static final int O_DIRECTORY = ARM ? 040000 : 0200000;
    static final int O_NOFOLLOW = ARM ? 0100000 : 0400000;

    static final int SYNC_FILE_RANGE_WRITE = 2;
    static final int POSIX_FADV_DONTNEED = 4;
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

    private static final CFunction OPENAT = ofInt("openat");
    private static final CFunction MKDIRAT = ofInt("mkdirat");
    private static final CFunction SYMLINKAT = ofInt("symlinkat");
    private static final CFunction LINKAT = ofInt("linkat");
    private static final CFunction MKNODAT = ofInt("mknodat");
    private static final CFunction READLINKAT = ofLong("readlinkat");
    private static final CFunction GETDENTS64 = ofLong("getdents64");
    private static final CFunction UNLINKAT = ofInt("unlinkat");
    private static final CFunction FCHOWNAT = ofInt("fchownat");
    private static final CFunction FCHOWN = ofInt("fchown");
    private static final CFunction FCHMOD = ofInt("fchmod");
    private static final CFunction CHMOD = ofInt("chmod");
    private static final CFunction UTIMENSAT = ofInt("utimensat");
    private static final CFunction FUTIMENS = ofInt("futimens");
    private static final CFunction FSETXATTR = ofInt("fsetxattr");
    private static final CFunction LSETXATTR = ofInt("lsetxattr");
    private static final CFunction FLISTXATTR = ofLong("flistxattr");
    private static final CFunction FGETXATTR = ofLong("fgetxattr");
    private static final CFunction FREMOVEXATTR = ofInt("fremovexattr");
    private static final CFunction FTRUNCATE = ofInt("ftruncate");
    private static final CFunction FSYNC = ofInt("fsync");
    private static final CFunction SYNCFS = ofInt("syncfs");
    private static final CFunction SYNC_FILE_RANGE = ofInt("sync_file_range");
    private static final CFunction POSIX_FADVISE = ofInt("posix_fadvise");
    private static final CFunction FALLOCATE = ofInt("fallocate");
    private static final CFunction FSTATFS = ofInt("fstatfs");
    private static final CFunction STATX = ofInt("statx");
    private static final CFunction PREAD = ofLong("pread");
    private static final CFunction PWRITE = ofLong("pwrite");
    private static final CFunction READ = ofLong("read");
    private static final CFunction FLOCK = ofInt("flock");
    private static final CFunction IOCTL = ofInt("ioctl");
    private static final CFunction UMOUNT2 = ofInt("umount2");
    private static final CFunction CLOSE = ofInt("close");
    private static final CFunction DUP2 = ofInt("dup2");
    private static final CFunction GETEUID = ofInt("geteuid");
    private static final CFunction GETEGID = ofInt("getegid");
    private static final CFunction SIGNAL = ofLong("signal");
    private static final CFunction SYSCALL = ofLong("syscall");
    private static final CFunction EXIT = ofInt("_exit");

    private Libc() {}

    static int openat(int directory, MemorySegment path, int flags, int mode) {
        return (int) OPENAT.call(directory, path, flags, mode, 0, 0);
    }

    static int mkdirat(int directory, MemorySegment path, int mode) {
        return (int) MKDIRAT.call(directory, path, mode, 0, 0, 0);
    }

    static int symlinkat(MemorySegment target, int directory, MemorySegment path) {
        return (int) SYMLINKAT.call(target, word(directory), path, MemorySegment.NULL, MemorySegment.NULL);
    }

    static int linkat(int fromDirectory, MemorySegment from, int toDirectory, MemorySegment to, int flags) {
        return (int) LINKAT.call(word(fromDirectory), from, word(toDirectory), to, word(flags));
    }

    static int mknodat(int directory, MemorySegment path, int mode, long device) {
        return (int) MKNODAT.call(directory, path, mode, device, 0, 0);
    }

    static long readlinkat(int directory, MemorySegment path, MemorySegment to, long length) {
        return READLINKAT.call(word(directory), path, to, word(length), MemorySegment.NULL);
    }

    static long getdents64(int fd, MemorySegment to, long length) {
        return GETDENTS64.call(fd, to, length, 0, 0, 0);
    }

    static int unlinkat(int directory, MemorySegment path, int flags) {
        return (int) UNLINKAT.call(directory, path, flags, 0, 0, 0);
    }

    static int fchownat(int directory, MemorySegment path, int uid, int gid, int flags) {
        return (int) FCHOWNAT.call(directory, path, uid, gid, flags, 0);
    }

    static int fchown(int fd, int uid, int gid) {
        return (int) FCHOWN.call(fd, uid, gid, 0, 0, 0);
    }

    static int fchmod(int fd, int mode) {
        return (int) FCHMOD.call(fd, mode, 0, 0, 0, 0);
    }

    static int chmod(MemorySegment path, int mode) {
        return (int) CHMOD.call(path, word(mode), MemorySegment.NULL, MemorySegment.NULL, MemorySegment.NULL);
    }

    static int utimensat(int directory, MemorySegment path, MemorySegment times, int flags) {
        return (int) UTIMENSAT.call(word(directory), path, times, word(flags), MemorySegment.NULL);
    }

    static int futimens(int fd, MemorySegment times) {
        return (int) FUTIMENS.call(fd, times, 0, 0, 0, 0);
    }

    static int fsetxattr(int fd, MemorySegment name, MemorySegment value, long size, int flags) {
        return (int) FSETXATTR.call(word(fd), name, value, word(size), word(flags));
    }

    static int lsetxattr(MemorySegment path, MemorySegment name, MemorySegment value, long size, int flags) {
        return (int) LSETXATTR.call(path, name, value, word(size), word(flags));
    }

    static long flistxattr(int fd, MemorySegment to, long length) {
        return FLISTXATTR.call(fd, to, length, 0, 0, 0);
    }

    static long fgetxattr(int fd, MemorySegment name, MemorySegment to, long length) {
        return FGETXATTR.call(word(fd), name, to, word(length), MemorySegment.NULL);
    }

    static int fremovexattr(int fd, MemorySegment name) {
        return (int) FREMOVEXATTR.call(fd, name, 0, 0, 0, 0);
    }

    static int ftruncate(int fd, long size) {
        return (int) FTRUNCATE.call(fd, size, 0, 0, 0, 0);
    }

    static int fsync(int fd) {
        return (int) FSYNC.call(fd, 0, 0, 0, 0, 0);
    }

    static int syncfs(int fd) {
        return (int) SYNCFS.call(fd, 0, 0, 0, 0, 0);
    }

    static int sync_file_range(int fd, long offset, long length, int flags) {
        return (int) SYNC_FILE_RANGE.call(fd, offset, length, flags, 0, 0);
    }

    /** Other than the others it returns the number of what was wrong as it is. */
    static int posix_fadvise(int fd, long offset, long length, int advice) {
        return (int) POSIX_FADVISE.call(fd, offset, length, advice, 0, 0);
    }

    static int fallocate(int fd, int mode, long offset, long length) {
        return (int) FALLOCATE.call(fd, mode, offset, length, 0, 0);
    }

    static int fstatfs(int fd, MemorySegment status) {
        return (int) FSTATFS.call(fd, status, 0, 0, 0, 0);
    }

    static int statx(int directory, MemorySegment path, int flags, int mask, MemorySegment status) {
        return (int) STATX.call(word(directory), path, word(flags), word(mask), status);
    }

    static long pread(int fd, MemorySegment to, long length, long at) {
        return PREAD.call(fd, to, length, at, 0, 0);
    }

    static long pwrite(int fd, MemorySegment from, long length, long at) {
        return PWRITE.call(fd, from, length, at, 0, 0);
    }

    static long read(int fd, MemorySegment to, long length) {
        return READ.call(fd, to, length, 0, 0, 0);
    }

    static int flock(int fd, int operation) {
        return (int) FLOCK.call(fd, operation, 0, 0, 0, 0);
    }

    static int ioctl(int fd, long request, MemorySegment argument) {
        return (int) IOCTL.call(word(fd), word(request), argument, MemorySegment.NULL, MemorySegment.NULL);
    }

    static int umount2(MemorySegment path, int flags) {
        return (int) UMOUNT2.call(path, word(flags), MemorySegment.NULL, MemorySegment.NULL, MemorySegment.NULL);
    }

    static int close(int fd) {
        return (int) CLOSE.call(fd, 0, 0, 0, 0, 0);
    }

    static int dup2(int fd, int as) {
        return (int) DUP2.call(fd, as, 0, 0, 0, 0);
    }

    static int geteuid() {
        return (int) GETEUID.call(0, 0, 0, 0, 0, 0);
    }

    static int getegid() {
        return (int) GETEGID.call(0, 0, 0, 0, 0, 0);
    }

    /** @param handler null for what the system does by itself */
    static long signal(int number, MemorySegment handler) {
        return SIGNAL.call(number, handler, 0, 0, 0, 0);
    }

    /** Parameters that are pointers are given as addresses; the caller keeps what they point to alive. */
    static int syscall(int number, long a, long b, long c, long d, long e) {
        return (int) SYSCALL.call(number, a, b, c, d, e);
    }

    /** Does not return. */
    static void exit(int code) {
        EXIT.call(code, 0, 0, 0, 0, 0);
    }
}
