package io.varve.os;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * Files read by somebody who takes away what the disk has lost: that the disk does not have a file is told from that nobody
 * can look at it now.
 */
public final class DiskReads {
    private static final int PIECE = 256 << 10;

    private DiskReads() {}

    /**
     * Reads a file from its first byte to its last.
     *
     * @param to takes piece after piece, each of which is there while it takes it
     * @return whether the disk has it: false when there is no file of this name, or when some of it cannot be read
     * @throws IOException when the process is short of something, may not read it, or is interrupted: of the file that says
     *     nothing
     */
    public static boolean read(Path file, Consumer<ByteBuffer> to) throws IOException {
        return read(file, open -> true, to);
    }

    /**
     * The same of what the disk itself has: when the kernel has failed to write a page, it keeps it in memory as if it had, and gives it
     * to whoever reads.
     *
     * @return false too when some of it cannot be written, stays in memory, or nobody says whether it does
     */
    public static boolean readFromDisk(Path file, Consumer<ByteBuffer> to) throws IOException {
        return read(file, DiskReads::leaveMemory, to);
    }

    /** What is to be seen to before an open file is read. */
    @FunctionalInterface
    private interface Preparation {
        boolean isDone(Fd open) throws OsException;
    }

    private static boolean read(Path file, Preparation first, Consumer<ByteBuffer> to) throws IOException {
        try (Fd open = FilesAt.openFile(file)) {
            if (!first.isDone(open)) {
                return false;
            }
            read(open, to);
            return true;
        } catch (OsException e) {
            if (isLoss(e.errno())) {
                return false;
            }
            throw e;
        }
    }

    private static void read(Fd open, Consumer<ByteBuffer> to) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment piece = arena.allocate(PIECE);
            int count;
            for (long at = 0; (count = FilesAt.read(open, piece, PIECE, at)) > 0; at += count) {
                if (Thread.currentThread().isInterrupted()) {
                    throw new ClosedByInterruptException();
                }
                to.accept(piece.asSlice(0, count).asByteBuffer());
            }
        }
    }

    /** What is still to be written cannot leave, so it is written first. */
    private static boolean leaveMemory(Fd open) throws OsException {
        FilesAt.sync(open);
        Libc.posix_fadvise(open.number(), 0, 0, Libc.POSIX_FADV_DONTNEED);
        // On a tmpfs there is nothing else than memory.
        return FileReads.cachedBytes(open) == 0 || FilesAt.isInMemory(open);
    }

    /** Everything else passes, or is for whoever runs the machine to set right. */
    private static boolean isLoss(Errno errno) {
        return switch (errno) {
            case ENOENT, ELOOP, EISDIR, EIO, ENOSPC, EDQUOT -> true;
            default -> false;
        };
    }
}
