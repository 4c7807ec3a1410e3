package io.varve.view;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.os.Errno;
import io.varve.os.Fd;
import io.varve.os.FileReads;
import io.varve.os.FileSystemContext;
import io.varve.os.FilesAt;
import io.varve.os.LoopDevice;
import io.varve.os.MountFlags;
import io.varve.os.MountTable;
import io.varve.os.OsException;
import io.varve.os.ReadAhead;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Lets the kernel open an index with all its tars. */
final class ErofsMount {
    private static final String EROFS = "erofs";
    /** Of an index's blocks, at each of which a file may begin. */
    private static final int BLOCK_BYTES = 512;

    private static final MountFlags FLAGS = new MountFlags(true, false, false);

    private ErofsMount() {}

    /**
     * A mount that stands nowhere yet, and is gone when it is closed there.
     *
     * @throws Failure Unavailable with what is missing on this machine; NotFound when the index or a tar is not there
     */
    static Fd of(Index image, Backing backing, ReadOptions reads) {
        List<Fd> files = new ArrayList<>();
        try {
            files.add(FilesAt.openFile(image.index()));
            for (Path tar : image.tars()) {
                files.add(FilesAt.openFile(tar));
            }
            return switch (backing) {
                case FILE -> fileBacked(image, files, reads);
                case LOOP -> loopBacked(files);
                case ANY -> either(image, files, reads);
            };
        } catch (OsException refused) {
            throw Refused.by(refused);
        } finally {
            files.forEach(Fd::close);
        }
    }

    /** Whether a mount is one of these, or at least looks like it. */
    static boolean isOne(MountTable.Entry mount) {
        return mount.type().equals(EROFS);
    }

    private static Fd either(Index image, List<Fd> files, ReadOptions reads) throws OsException {
        try {
            return fileBacked(image, files, reads);
        } catch (OsException fileRefused) {
            if (!meansNoFileBacking(fileRefused.errno())) {
                throw fileRefused;
            }
            try {
                return loopBacked(files);
            } catch (OsException loopRefused) {
                loopRefused.addSuppressed(fileRefused);
                throw Failure.of(
                        Category.UNAVAILABLE,
                        "EROFS can be mounted here neither from files (" + fileRefused.getMessage()
                                + ") nor from loop devices (" + loopRefused.getMessage() + ")",
                        loopRefused);
            }
        }
    }

    /** Before Linux 6.12 only a block device will do; later a filesystem such as tmpfs or overlayfs cannot back it. */
    private static boolean meansNoFileBacking(Errno errno) {
        return errno == Errno.ENOTBLK || errno == Errno.EINVAL || errno == Errno.EOPNOTSUPP;
    }

    private static Fd fileBacked(Index image, List<Fd> files, ReadOptions reads) throws OsException {
        ReadAhead ahead = ReadAhead.of(EROFS);
        try (FileSystemContext erofs = open()) {
            // The source is what people see in the mount table; a long one would be refused.
            String path = image.index().toAbsolutePath().toString();
            boolean fits = path.getBytes(StandardCharsets.UTF_8).length <= FileSystemContext.MAX_VALUE;
            erofs.set("source", fits ? path : files.getFirst().path());
            for (Fd tar : files.subList(1, files.size())) {
                erofs.set("device", tar.path());
            }
            if (direct(files, reads.directIo())) {
                setDirect(erofs);
            }
            Fd mount = erofs.set("ro").mount(FLAGS);
            ahead.raise(reads.aheadBytes());
            return mount;
        }
    }

    /** Where one of the files cannot be read so at each block, reading the image would fail. */
    private static boolean direct(List<Fd> files, ReadOptions.DirectIo wanted) throws OsException {
        return switch (wanted) {
            case NEVER -> false;
            case ALWAYS -> canBeDirect(files);
            case AUTO -> canBeDirect(files) && !isMostlyCached(files);
        };
    }

    private static boolean canBeDirect(List<Fd> files) {
        return files.stream().allMatch(file -> FileReads.canBeDirect(file, BLOCK_BYTES));
    }

    private static boolean isMostlyCached(List<Fd> files) throws OsException {
        long bytes = 0;
        long cached = 0;
        for (Fd file : files) {
            bytes += FilesAt.status(file).size();
            long here = FileReads.cachedBytes(file);
            if (here < 0) {
                return true;
            }
            cached += here;
        }
        return cached > bytes / 2;
    }

    private static void setDirect(FileSystemContext erofs) throws OsException {
        try {
            erofs.set("directio");
        } catch (OsException refused) {
            // Kernels that mount from files are older than this option of theirs.
            if (refused.errno() != Errno.EINVAL) {
                throw refused;
            }
        }
    }

    private static Fd loopBacked(List<Fd> files) throws OsException {
        List<LoopDevice> devices = new ArrayList<>();
        try (FileSystemContext erofs = open()) {
            for (Fd file : files) {
                devices.add(LoopDevice.of(file));
            }
            erofs.set("source", devices.getFirst().path().toString());
            for (LoopDevice tar : devices.subList(1, devices.size())) {
                erofs.set("device", tar.path().toString());
            }
            return erofs.set("ro").mount(FLAGS);
        } finally {
            // The filesystem, if there is one now, holds its devices itself.
            devices.forEach(LoopDevice::close);
        }
    }

    private static FileSystemContext open() throws OsException {
        try {
            return FileSystemContext.open(EROFS);
        } catch (OsException refused) {
            String missing =
                    switch (refused.errno()) {
                        case EPERM, EACCES -> "mounting needs CAP_SYS_ADMIN, which this process does not have";
                        case ENODEV -> "this kernel has no EROFS";
                        case ENOSYS -> "this kernel has no fsopen, wanted Linux 6.4 or newer";
                        default -> refused.getMessage();
                    };
            throw Failure.of(Category.UNAVAILABLE, missing + " (unpack works without)", refused);
        }
    }
}
