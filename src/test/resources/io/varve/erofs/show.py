"""Mounts an EROFS index over tars and prints what the kernel shows.

show.py all|names INDEX MOUNTPOINT < paths of the tars, base first, a line each

all: a line for each name, with all its attributes and a digest of its content
names: a line for each directory, with how many names it has and a digest of them

The mount lives in a mount namespace of this process and ends with it. Exit code 3: the kernel refused the mount.
"""
import ctypes
import hashlib
import os
import stat
import sys

libc = ctypes.CDLL(None, use_errno=True)
FSOPEN, FSCONFIG, FSMOUNT, MOVE_MOUNT = 430, 431, 432, 429
SET_STRING, CREATE = 1, 6
CLONE_NEWNS, MS_REC, MS_PRIVATE = 0x20000, 0x4000, 0x40000
AT_FDCWD, FROM_EMPTY_PATH = -100, 4
WHOLE = 64 << 20


def refused(what, fs):
    print(what, os.strerror(ctypes.get_errno()), file=sys.stderr)
    try:
        while True:
            print(os.read(fs, 4096).decode().strip(), file=sys.stderr)
    except OSError:
        pass
    sys.exit(3)


def mount(index, point, tars):
    if libc.unshare(CLONE_NEWNS) or libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None):
        sys.exit("no mount namespace")
    fs = libc.syscall(FSOPEN, b"erofs", 0)

    def option(key, value):
        if libc.syscall(FSCONFIG, fs, SET_STRING, key, value, 0):
            refused(key, fs)

    descriptors = [os.open(path, os.O_RDONLY) for path in [index] + tars]
    for number, descriptor in enumerate(descriptors):
        option(b"device" if number else b"source", b"/proc/self/fd/%d" % descriptor)
    if libc.syscall(FSCONFIG, fs, CREATE, None, None, 0):
        refused("create", fs)
    tree = libc.syscall(FSMOUNT, fs, 0, 0)
    if tree < 0 or libc.syscall(MOVE_MOUNT, tree, b"", AT_FDCWD, point, FROM_EMPTY_PATH):
        refused("mount", fs)
    os.close(tree)


def content(path, size):
    """SHA-256 of all bytes, or of a page at the start, at powers of two, in the middle and at the end."""
    digest = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:
        if size <= WHOLE:
            while part := file.read(1 << 20):
                digest.update(part)
        else:
            powers = [1 << bit for bit in range(12, 63) if 1 << bit < size - 4096]
            for at in sorted({0, *powers, size // 2, size - 4096}):
                digest.update(os.pread(file.fileno(), 4096, at))
    return digest.hexdigest()


def xattrs(path):
    found = []
    for name in os.listxattr(path, follow_symlinks=False):
        value = os.getxattr(path, name, follow_symlinks=False)
        found.append(os.fsencode(name).hex() + "=" + hashlib.sha256(value).hexdigest())
    return ",".join(sorted(found))


def show(path, name, first):
    st = os.lstat(path)
    kind = stat.S_IFMT(st.st_mode)
    nanos = st.st_mtime_ns
    fields = [
        name.hex() or "-",
        "%o" % st.st_mode,
        st.st_uid,
        st.st_gid,
        "%d.%09d" % (nanos // 10**9, nanos % 10**9),
        st.st_size if kind in (stat.S_IFREG, stat.S_IFLNK) else 0,
        st.st_nlink,
        "%d:%d" % (os.major(st.st_rdev), os.minor(st.st_rdev)),
        first.setdefault(st.st_ino, name).hex() or "-",
        os.readlink(path).hex() if kind == stat.S_IFLNK else "-",
        content(path, st.st_size) if kind == stat.S_IFREG else "-",
        xattrs(path) or "-",
    ]
    print(*fields)
    if kind == stat.S_IFDIR:
        for child in sorted(os.listdir(path)):
            show(os.path.join(path, child), os.path.join(name, child), first)


def show_names(path, name):
    with os.scandir(path) as entries:
        children = sorted((entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries)
    digest = hashlib.sha256(b"/".join(child for child, _ in children)).hexdigest()
    print(name.hex() or "-", len(children), digest)
    for child, directory in children:
        if directory:
            show_names(os.path.join(path, child), os.path.join(name, child))


if __name__ == "__main__":
    sys.setrecursionlimit(10000)
    tars = [line.rstrip(b"\n") for line in sys.stdin.buffer]
    point = os.fsencode(sys.argv[3])
    mount(os.fsencode(sys.argv[2]), point, tars)
    if sys.argv[1] == "all":
        show(point, b"", {})
    else:
        show_names(point, b"")
