package io.varve.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Files, by descriptor and by one name in an open directory; a symlink under such a name is never followed. Only the
 * methods that take a {@link Path}, which is the caller's own, resolve one.
 *
 * <p>Modes given at creation pass through the process's umask; {@code changeMode} does not. Owners are unsigned 32-bit
 * numbers. Each method is the system call of its description, and throws what that refuses.
 */
public final class FilesAt {
    private static final int LOCK_EX = 2;
    private static final int LOCK_NB = 4;
    private static final int STATX_BASIC_STATS = 0x7ff;
    private static final int STATX_MNT_ID = 0x1000;
    private static final int STATX_MNT_ID_UNIQUE = 0x4000;
    private static final int FALLOC_KEEP_SIZE = 1;
    private static final int TIMES_BYTES = 32;
    private static final int STATFS_BYTES = 120;
    private static final long TMPFS_MAGIC = 0x01021994;
    private static final int MOST_TARGET = 4096;
    private static final int ENTRIES_BYTES = 64 << 10;
    /** The most that Linux has of one value, and of all names of a file. */
    private static final int XATTR_BYTES = 64 << 10;

    private static final int ENTRY_LENGTH = 16;
    private static final int ENTRY_NAME = 19;

    // Two struct timespec, which every file made needs filled in.
    private static final ThreadLocal<MemorySegment> TIMES =
            ThreadLocal.withInitial(() -> Arena.ofAuto().allocate(TIMES_BYTES, Long.BYTES));

    private FilesAt() {}

    /** Opens a file or directory of the caller's for reading. */
    public static Fd open(Path path) throws OsException {
        return open(path, Libc.O_RDONLY, 0);
    }

    /** The file there, for reading: a link in its place is not followed, and one that others write to is not waited for. */
    public static Fd openFile(Path path) throws OsException {
        return open(path, Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK, 0);
    }

    public static Fd openDirectory(Path path) throws OsException {
        return open(path, Libc.O_RDONLY | Libc.O_DIRECTORY, 0);
    }

    /** Opens for reading and writing, and makes the file if it is missing. */
    public static Fd openOrCreate(Path path, int mode) throws OsException {
        return open(path, Libc.O_RDWR | Libc.O_CREAT, mode);
    }

    static Fd open(Path path, int flags, int mode) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            int fd = Libc.openat(Libc.AT_FDCWD, CString.of(arena, path), flags | Libc.O_CLOEXEC, mode);
            return new Fd(check("open " + path, fd));
        }
    }

    /** The directory of this name, or null when there is nothing of this name. */
    public static @Nullable Fd openDirectory(Fd directory, Name name) throws OsException {
        int flags = Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC;
        int fd = Libc.openat(directory.number(), name.segment(), flags, 0);
        return fd == -Errno.ENOENT.number() ? null : new Fd(check("open directory", fd));
    }

    /** The file of this name, for reading; one that others write to is not waited for. */
    public static Fd openFile(Fd directory, Name name) throws OsException {
        int flags = Libc.O_RDONLY | Libc.O_NOFOLLOW | Libc.O_NONBLOCK | Libc.O_CLOEXEC;
        return new Fd(check("open", Libc.openat(directory.number(), name.segment(), flags, 0)));
    }

    /**
     * The file that a path leads to, for reading, where a directory is the root: symlinks on the way lead to what is below it, whatever they
     * say. One that others write to is not waited for.
     *
     * @return null when it leads nowhere
     */
    public static @Nullable Fd openFileInRoot(Fd root, String path) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment how = arena.allocate(ValueLayout.JAVA_LONG, 3);
            how.setAtIndex(ValueLayout.JAVA_LONG, 0, Libc.O_RDONLY | Libc.O_NONBLOCK | (long) Libc.O_CLOEXEC);
            how.setAtIndex(ValueLayout.JAVA_LONG, 2, Libc.RESOLVE_IN_ROOT | Libc.RESOLVE_NO_MAGICLINKS);
            int fd = Libc.syscall(
                    Libc.SYS_OPENAT2,
                    root.number(),
                    arena.allocateFrom(path).address(),
                    how.address(),
                    how.byteSize(),
                    0);
            boolean nowhere =
                    fd == -Errno.ENOENT.number() || fd == -Errno.ENOTDIR.number() || fd == -Errno.ELOOP.number();
            return nowhere ? null : new Fd(check("open " + path, fd));
        }
    }

    /** What the symlink of this name says, verbatim. */
    public static byte[] readLink(Fd directory, Name name) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(MOST_TARGET);
            int length =
                    check("readlink", (int) Libc.readlinkat(directory.number(), name.segment(), text, MOST_TARGET));
            return text.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /**
     * The names in a directory that was just opened, sorted by their bytes.
     *
     * <pre>
     *   struct linux_dirent64: inode u64 · offset s64 · bytes of all of it u16 · type u8 · name, NUL
     * </pre>
     */
    public static List<byte[]> names(Fd directory) throws OsException {
        List<byte[]> names = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment entries = arena.allocate(ENTRIES_BYTES, Long.BYTES);
            int end = entries(directory, entries);
            while (end > 0) {
                for (int at = 0; at < end; at += entries.get(ValueLayout.JAVA_SHORT, at + ENTRY_LENGTH)) {
                    byte[] name = name(entries, at + ENTRY_NAME);
                    if (!isDots(name)) {
                        names.add(name);
                    }
                }
                end = entries(directory, entries);
            }
        }
        names.sort(Arrays::compareUnsigned);
        return names;
    }

    private static int entries(Fd directory, MemorySegment to) throws OsException {
        return check("getdents", (int) Libc.getdents64(directory.number(), to, ENTRIES_BYTES));
    }

    private static byte[] name(MemorySegment entries, int from) {
        int to = from;
        while (entries.get(ValueLayout.JAVA_BYTE, to) != 0) {
            to++;
        }
        return entries.asSlice(from, to - from).toArray(ValueLayout.JAVA_BYTE);
    }

    private static boolean isDots(byte[] name) {
        return name.length <= 2 && name[0] == '.' && name[name.length - 1] == '.';
    }

    /** A new and empty regular file, open for writing. */
    public static Fd create(Fd directory, Name name, int mode) throws OsException {
        int flags = Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL | Libc.O_NOFOLLOW | Libc.O_CLOEXEC;
        return new Fd(check("create", Libc.openat(directory.number(), name.segment(), flags, mode)));
    }

    /** Whether it was made: false when there is something of this name already. */
    public static boolean makeDirectory(Fd directory, Name name, int mode) throws OsException {
        int made = Libc.mkdirat(directory.number(), name.segment(), mode);
        return made != -Errno.EEXIST.number() && check("mkdir", made) == 0;
    }

    /** @param target what the symlink says, verbatim */
    public static void symlink(byte[] target, Fd directory, Name name) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = CString.of(arena, "symlink target", target);
            check("symlink", Libc.symlinkat(text, directory.number(), name.segment()));
        }
    }

    public static void link(Fd fromDirectory, Name from, Fd toDirectory, Name to) throws OsException {
        check("link", Libc.linkat(fromDirectory.number(), from.segment(), toDirectory.number(), to.segment(), 0));
    }

    /**
     * A device or FIFO.
     *
     * @param mode with the bits of its type
     * @throws OsException EOVERFLOW when Linux has no such device number: 12 bits for major, 20 for minor
     */
    public static void makeNode(Fd directory, Name name, int mode, int major, int minor) throws OsException {
        if (major >>> 12 != 0 || minor >>> 20 != 0) {
            String number = Integer.toUnsignedString(major) + ":" + Integer.toUnsignedString(minor);
            throw new OsException("device number " + number, Errno.EOVERFLOW.number());
        }
        long device = (minor & 0xff) | (long) major << 8 | (long) (minor & ~0xff) << 12;
        check("mknod", Libc.mknodat(directory.number(), name.segment(), mode, device));
    }

    /** Removes a name of anything but a directory; does nothing if it is not there. */
    public static void unlink(Fd directory, Name name) throws OsException {
        checkUnlessMissing("unlink", Libc.unlinkat(directory.number(), name.segment(), 0));
    }

    /** Removes an empty directory; does nothing if it is not there. */
    public static void removeDirectory(Fd directory, Name name) throws OsException {
        checkUnlessMissing("rmdir", Libc.unlinkat(directory.number(), name.segment(), Libc.AT_REMOVEDIR));
    }

    public static void changeOwner(Fd file, int uid, int gid) throws OsException {
        check("chown", Libc.fchown(file.number(), owner(uid), owner(gid)));
    }

    public static void changeOwner(Fd directory, Name name, int uid, int gid) throws OsException {
        int flags = Libc.AT_SYMLINK_NOFOLLOW;
        check("chown", Libc.fchownat(directory.number(), name.segment(), owner(uid), owner(gid), flags));
    }

    public static void changeMode(Fd file, int mode) throws OsException {
        check("chmod", Libc.fchmod(file.number(), mode));
    }

    /** Of anything but a symlink, which has no mode. */
    public static void changeMode(Fd directory, Name name, int mode) throws OsException {
        // fchmodat follows symlinks before Linux 6.6; what O_PATH has opened cannot be exchanged any more.
        int flags = Libc.O_PATH | Libc.O_NOFOLLOW | Libc.O_CLOEXEC;
        try (Fd found = new Fd(check("open", Libc.openat(directory.number(), name.segment(), flags, 0)));
                Arena arena = Arena.ofConfined()) {
            check("chmod", Libc.chmod(arena.allocateFrom(found.path()), mode));
        }
    }

    /** Sets the times of access and of modification to the same moment. */
    public static void setTimes(Fd file, long seconds, int nanos) throws OsException {
        check("utimens", Libc.futimens(file.number(), times(seconds, nanos)));
    }

    public static void setTimes(Fd directory, Name name, long seconds, int nanos) throws OsException {
        int flags = Libc.AT_SYMLINK_NOFOLLOW;
        check("utimens", Libc.utimensat(directory.number(), name.segment(), times(seconds, nanos), flags));
    }

    public static void setXattr(Fd file, byte[] name, byte[] value) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attribute = CString.of(arena, "xattr name", name);
            MemorySegment content = arena.allocate(Math.max(1, value.length)).copyFrom(MemorySegment.ofArray(value));
            check("setxattr", Libc.fsetxattr(file.number(), attribute, content, value.length, 0));
        }
    }

    public static void setXattr(Fd directory, Name file, byte[] name, byte[] value) throws OsException {
        // setxattrat came with Linux 6.13; before it, this is the way to a symlink's xattrs below a descriptor.
        byte[] under = (directory.path() + "/").getBytes(StandardCharsets.US_ASCII);
        byte[] last = file.toBytes();
        byte[] path = new byte[under.length + last.length];
        System.arraycopy(under, 0, path, 0, under.length);
        System.arraycopy(last, 0, path, under.length, last.length);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment at = CString.of(arena, "name", path);
            MemorySegment attribute = CString.of(arena, "xattr name", name);
            MemorySegment content = arena.allocate(Math.max(1, value.length)).copyFrom(MemorySegment.ofArray(value));
            check("setxattr", Libc.lsetxattr(at, attribute, content, value.length, 0));
        }
    }

    /** The names of a file's xattrs; none where the filesystem has no xattrs at all. */
    public static List<byte[]> xattrs(Fd file) throws OsException {
        List<byte[]> names = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment list = arena.allocate(XATTR_BYTES);
            int end = (int) Libc.flistxattr(file.number(), list, XATTR_BYTES);
            if (end == -Errno.EOPNOTSUPP.number()) {
                return names;
            }
            check("listxattr", end);
            for (int at = 0; at < end; at += names.getLast().length + 1) {
                names.add(name(list, at));
            }
        }
        return names;
    }

    /** The value of an xattr that a file has. */
    public static byte[] xattr(Fd file, byte[] name) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment attribute = CString.of(arena, "xattr name", name);
            MemorySegment value = arena.allocate(XATTR_BYTES);
            int length = check("getxattr", (int) Libc.fgetxattr(file.number(), attribute, value, XATTR_BYTES));
            return value.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /** Takes away the ACLs of a directory, which it has from the one that it was made in, and would pass on. */
    public static void removeAcls(Fd directory) throws OsException {
        removeXattr(directory, "system.posix_acl_default");
        removeXattr(directory, "system.posix_acl_access");
    }

    /** Does nothing when there is none, or the filesystem has no xattrs at all. */
    static void removeXattr(Fd file, String name) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            int removed = Libc.fremovexattr(file.number(), arena.allocateFrom(name));
            if (removed != -Errno.ENODATA.number() && removed != -Errno.EOPNOTSUPP.number()) {
                check("removexattr", removed);
            }
        }
    }

    /** Cuts off, or adds a hole. */
    public static void truncate(Fd file, long size) throws OsException {
        check("truncate", Libc.ftruncate(file.number(), size));
    }

    /**
     * Reserves space for the first {@code size} bytes of the file, and makes it that long if {@code grow}.
     *
     * @throws OsException ENOSPC or EDQUOT when there is not so much; EOPNOTSUPP when the filesystem cannot reserve
     */
    public static void allocate(Fd file, long size, boolean grow) throws OsException {
        check("fallocate", Libc.fallocate(file.number(), grow ? 0 : FALLOC_KEEP_SIZE, 0, size));
    }

    /** Whether the file is in memory and nowhere else, on a tmpfs. */
    public static boolean isInMemory(Fd file) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment status = arena.allocate(STATFS_BYTES, Long.BYTES);
            check("fstatfs", Libc.fstatfs(file.number(), status));
            // f_type, which is first.
            return status.get(ValueLayout.JAVA_LONG, 0) == TMPFS_MAGIC;
        }
    }

    /** The bytes and the metadata of a file, or the names in a directory, are on the disk when this returns. */
    public static void sync(Path path) throws OsException {
        try (Fd file = open(path)) {
            check("fsync " + path, Libc.fsync(file.number()));
        }
    }

    /** The same file once more, to be read past the page cache: at multiples of what its filesystem says. */
    static Fd reopenDirect(Fd file) throws OsException {
        return open(Path.of("/proc/self/fd/" + file.number()), Libc.O_RDONLY | Libc.O_DIRECT, 0);
    }

    /** As {@link #sync(Path)}. */
    static void sync(Fd file) throws OsException {
        check("fsync", Libc.fsync(file.number()));
    }

    /** The same of everything that was written to the filesystem of this path, by whomever. */
    public static void syncFileSystem(Path path) throws OsException {
        try (Fd file = open(path)) {
            check("syncfs " + path, Libc.syncfs(file.number()));
        }
    }

    /** As {@link #syncFileSystem(Path)}, of the filesystem of an open directory. */
    static void syncFileSystem(Fd directory) throws OsException {
        check("syncfs", Libc.syncfs(directory.number()));
    }

    /** Reads at most {@code length} bytes of the file from {@code at}; how many, 0 at its end. */
    public static int read(Fd file, MemorySegment to, int length, long at) throws OsException {
        return check("read", (int) Libc.pread(file.number(), to, length, at));
    }

    /** The first bytes of the file; fewer when it ends before. */
    public static byte[] read(Fd file, int length) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(Math.max(1, length));
            int done = 0;
            while (done < length) {
                int count = read(file, bytes.asSlice(done), length - done, done);
                if (count == 0) {
                    break;
                }
                done += count;
            }
            return bytes.asSlice(0, done).toArray(ValueLayout.JAVA_BYTE);
        }
    }

    /** Writes all of {@code from[offset, offset + length)} to the file at {@code at}. */
    public static void write(Fd file, MemorySegment from, long offset, long length, long at) throws OsException {
        long done = 0;
        while (done < length) {
            MemorySegment rest = from.asSlice(offset + done, length - done);
            done += check("write", (int) Libc.pwrite(file.number(), rest, length - done, at + done));
        }
    }

    public static FileStatus status(Fd file) throws OsException {
        return status(file.number(), CString.EMPTY, Libc.AT_EMPTY_PATH);
    }

    public static FileStatus status(Fd directory, Name name) throws OsException {
        return status(directory.number(), name.segment(), Libc.AT_SYMLINK_NOFOLLOW);
    }

    /** Of what has this path, which may be a symlink; null when nothing has, and not when that cannot be looked at. */
    public static @Nullable FileStatus statusIfThere(Path path) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            return status(Libc.AT_FDCWD, CString.of(arena, path), Libc.AT_SYMLINK_NOFOLLOW);
        } catch (OsException e) {
            if (e.errno() == Errno.ENOENT || e.errno() == Errno.ENOTDIR) {
                return null;
            }
            throw e;
        }
    }

    /** A number of the mount it was reached through that no other mount of this run of the kernel has; 0 before Linux 6.8, which has none. */
    public static long uniqueMountId(Fd file) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment status = arena.allocate(Libc.STATX_BYTES, Long.BYTES);
            int result = Libc.statx(file.number(), CString.EMPTY, Libc.AT_EMPTY_PATH, STATX_MNT_ID_UNIQUE, status);
            check("statx", result);
            boolean told = (status.get(ValueLayout.JAVA_INT, 0) & STATX_MNT_ID_UNIQUE) != 0;
            return told ? status.get(ValueLayout.JAVA_LONG, 144) : 0;
        }
    }

    /** Takes the exclusive lock of {@code flock}, held until the descriptor is closed; false if another holds it. */
    public static boolean tryLock(Fd file) throws OsException {
        int locked = Libc.flock(file.number(), LOCK_EX | LOCK_NB);
        return locked != -Errno.EAGAIN.number() && check("flock", locked) == 0;
    }

    /** The effective user of this process. */
    public static int user() {
        return Libc.geteuid();
    }

    /** Its effective group. */
    public static int group() {
        return Libc.getegid();
    }

    private static FileStatus status(int directory, MemorySegment name, int flags) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment status = arena.allocate(Libc.STATX_BYTES, Long.BYTES);
            check("statx", Libc.statx(directory, name, flags, STATX_BASIC_STATS | STATX_MNT_ID, status));
            return new FileStatus(
                    Short.toUnsignedInt(status.get(ValueLayout.JAVA_SHORT, 28)),
                    status.get(ValueLayout.JAVA_INT, 20),
                    status.get(ValueLayout.JAVA_INT, 24),
                    Integer.toUnsignedLong(status.get(ValueLayout.JAVA_INT, 16)),
                    status.get(ValueLayout.JAVA_LONG, 40),
                    status.get(ValueLayout.JAVA_LONG, 112),
                    status.get(ValueLayout.JAVA_INT, 120),
                    status.get(ValueLayout.JAVA_LONG, 32),
                    status.get(ValueLayout.JAVA_INT, 136) + ":" + status.get(ValueLayout.JAVA_INT, 140),
                    status.get(ValueLayout.JAVA_LONG, 144));
        }
    }

    private static MemorySegment times(long seconds, int nanos) {
        MemorySegment times = TIMES.get();
        times.setAtIndex(ValueLayout.JAVA_LONG, 0, seconds);
        times.setAtIndex(ValueLayout.JAVA_LONG, 1, nanos);
        times.setAtIndex(ValueLayout.JAVA_LONG, 2, seconds);
        times.setAtIndex(ValueLayout.JAVA_LONG, 3, nanos);
        return times;
    }

    /** To chown, the last of the 32-bit numbers means "leave it as it is", so nothing can be given to it. */
    private static int owner(int id) throws OsException {
        if (id == -1) {
            throw new OsException("owner 4294967295", Errno.EOVERFLOW.number());
        }
        return id;
    }

    private static int check(String call, int result) throws OsException {
        if (result < 0) {
            throw new OsException(call, -result);
        }
        return result;
    }

    private static void checkUnlessMissing(String call, int result) throws OsException {
        if (result != -Errno.ENOENT.number()) {
            check(call, result);
        }
    }
}
