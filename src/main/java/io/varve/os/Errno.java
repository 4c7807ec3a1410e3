package io.varve.os;

import java.util.Arrays;

/** Why the kernel refused a call. The numbers are those of every architecture that Varve runs on. */
public enum Errno {
    EPERM(1, "operation not permitted"),
    ENOENT(2, "no such file or directory"),
    EINTR(4, "interrupted"),
    EIO(5, "input/output error"),
    ENXIO(6, "no such device or address"),
    EBADF(9, "bad file descriptor"),
    EAGAIN(11, "would block"),
    ENOMEM(12, "out of memory"),
    EACCES(13, "permission denied"),
    EFAULT(14, "bad address"),
    ENOTBLK(15, "not a block device"),
    EBUSY(16, "in use"),
    EEXIST(17, "exists already"),
    EXDEV(18, "on another filesystem"),
    ENODEV(19, "no such device or filesystem type"),
    ENOTDIR(20, "not a directory"),
    EISDIR(21, "is a directory"),
    EINVAL(22, "invalid argument"),
    ENFILE(23, "too many open files in the system"),
    EMFILE(24, "too many open files"),
    ENOTTY(25, "not that kind of device"),
    EFBIG(27, "file too large"),
    ENOSPC(28, "no space left on device"),
    EROFS(30, "read-only filesystem"),
    EMLINK(31, "too many links"),
    ERANGE(34, "out of range"),
    ENAMETOOLONG(36, "name too long"),
    ENOSYS(38, "not known to this kernel"),
    ENOTEMPTY(39, "directory not empty"),
    ELOOP(40, "symbolic link in the way"),
    ENODATA(61, "no data"),
    EOVERFLOW(75, "value too large"),
    EOPNOTSUPP(95, "not supported"),
    ESTALE(116, "stale file handle"),
    EUCLEAN(117, "structure needs cleaning"),
    EDQUOT(122, "quota exceeded"),
    /** Any other number; the message of the exception has it. */
    OTHER(0, "unknown error");

    private static final Errno[] BY_NUMBER = byNumber();

    private final int number;
    private final String meaning;

    Errno(int number, String meaning) {
        this.number = number;
        this.meaning = meaning;
    }

    static Errno of(int number) {
        return number > 0 && number < BY_NUMBER.length ? BY_NUMBER[number] : OTHER;
    }

    int number() {
        return number;
    }

    /** What it means, in words for a message. */
    public String meaning() {
        return meaning;
    }

    private static Errno[] byNumber() {
        Errno[] table = new Errno[EDQUOT.number + 1];
        Arrays.fill(table, OTHER);
        for (Errno errno : values()) {
            table[errno.number] = errno;
        }
        return table;
    }
}
