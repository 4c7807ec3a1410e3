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
        try (Fd open = FilesAt.openFile(file);
                Arena arena = Arena.ofConfined()) {
            MemorySegment piece = arena.allocate(PIECE);
            long at = 0;
            while (true) {
                if (Thread.currentThread().isInterrupted()) {
                    throw new ClosedByInterruptException();
                }
                int count = FilesAt.read(open, piece, PIECE, at);
                if (count == 0) {
                    return true;
                }
                to.accept(piece.asSlice(0, count).asByteBuffer());
                at += count;
            }
        } catch (OsException e) {
            if (isLoss(e.errno())) {
                return false;
            }
            throw e;
        }
    }

    /** Everything else passes, or is for whoever runs the machine to set right. */
    private static boolean isLoss(Errno errno) {
        return switch (errno) {
            case ENOENT, ELOOP, EISDIR, EIO -> true;
            default -> false;
        };
    }
}
