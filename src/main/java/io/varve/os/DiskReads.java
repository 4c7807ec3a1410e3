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
    private static final int ALIGNMENT = 4096;

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
        return read(file, DiskReads::read, to);
    }

    /**
     * The same of what the disk itself has: when the kernel has failed to write a page, it keeps it in memory as if it had, and gives it
     * to whoever reads.
     *
     * @return false too when some of it cannot be written
     * @throws IOException also when the filesystem does not let it be read past memory, in which some of it stays
     */
    public static boolean readFromDisk(Path file, Consumer<ByteBuffer> to) throws IOException {
        return read(file, DiskReads::pastMemory, to);
    }

    private interface Reading {
        void of(Fd open, Consumer<ByteBuffer> to) throws IOException;
    }

    private static boolean read(Path file, Reading reading, Consumer<ByteBuffer> to) throws IOException {
        try (Fd open = FilesAt.openFile(file)) {
            reading.of(open, to);
            return true;
        } catch (OsException e) {
            if (isLoss(e.errno())) {
                return false;
            }
            throw e;
        }
    }

    private static void read(Fd open, Consumer<ByteBuffer> to) throws IOException {
        read(open, Long.MAX_VALUE, to);
    }

    private static void read(Fd open, long end, Consumer<ByteBuffer> to) throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment piece = arena.allocate(PIECE, ALIGNMENT);
            int count;
            for (long at = 0; at < end && (count = FilesAt.read(open, piece, PIECE, at)) > 0; at += count) {
                if (Thread.currentThread().isInterrupted()) {
                    throw new ClosedByInterruptException();
                }
                to.accept(piece.asSlice(0, count).asByteBuffer());
            }
        }
    }

    /** What is still to be written is written first. */
    private static void pastMemory(Fd open, Consumer<ByteBuffer> to) throws IOException {
        FilesAt.sync(open);
        if (FilesAt.isInMemory(open)) {
            read(open, to);
        } else if (FileReads.canBeDirect(open, ALIGNMENT)) {
            try (Fd direct = FilesAt.reopenDirect(open)) {
                // Behind its end nothing can be read so, not even that there is nothing.
                read(direct, FilesAt.status(direct).size(), to);
            }
        } else {
            Libc.posix_fadvise(open.number(), 0, 0, Libc.POSIX_FADV_DONTNEED);
            if (FileReads.cachedBytes(open) != 0) {
                throw new IOException("nobody can tell what the disk has of it while the kernel has it in memory,"
                        + " which it does until nothing uses it or the machine is started again");
            }
            read(open, to);
        }
    }

    /** Everything else passes, or is for whoever runs the machine to set right. */
    private static boolean isLoss(Errno errno) {
        return switch (errno) {
            case ENOENT, ELOOP, EISDIR, EIO, ENOSPC, EDQUOT -> true;
            default -> false;
        };
    }
}
