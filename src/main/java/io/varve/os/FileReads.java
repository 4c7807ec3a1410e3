package io.varve.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** What it would be to read an open file: whether past the page cache, and how much of it is in there. */
public final class FileReads {
    private static final int STATX_DIOALIGN = 0x2000;
    private static final int STATX_DIO_MEM_ALIGN = 152;
    private static final int STATX_DIO_OFFSET_ALIGN = 156;
    private static final int CACHESTAT_BYTES = 40;
    /** Where pages are larger, fewer bytes seem to be in the cache than are. */
    private static final int LEAST_PAGE_BYTES = 4096;

    private FileReads() {}

    /** Whether direct I/O may begin at any multiple of so many bytes of the file and of memory; false where nobody says. */
    public static boolean canBeDirect(Fd file, int multiple) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment status = arena.allocate(Libc.STATX_BYTES, Long.BYTES);
            int result = Libc.statx(file.number(), CString.EMPTY, Libc.AT_EMPTY_PATH, STATX_DIOALIGN, status);
            return result == 0
                    && (status.get(ValueLayout.JAVA_INT, 0) & STATX_DIOALIGN) != 0
                    && divides(status.get(ValueLayout.JAVA_INT, STATX_DIO_MEM_ALIGN), multiple)
                    && divides(status.get(ValueLayout.JAVA_INT, STATX_DIO_OFFSET_ALIGN), multiple);
        }
    }

    /** About how many bytes of it are in the page cache; -1 where the kernel does not say. */
    public static long cachedBytes(Fd file) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment all = arena.allocate(2L * Long.BYTES, Long.BYTES);
            // struct cachestat: nr_cache, nr_dirty, nr_writeback, nr_evicted, nr_recently_evicted, 64 bits each
            MemorySegment pages = arena.allocate(CACHESTAT_BYTES, Long.BYTES);
            int result = Libc.syscall(Libc.SYS_CACHESTAT, file.number(), all.address(), pages.address(), 0, 0);
            return result < 0 ? -1 : pages.get(ValueLayout.JAVA_LONG, 0) * LEAST_PAGE_BYTES;
        }
    }

    /** No alignment at all is what files have that cannot be read so. */
    private static boolean divides(int alignment, int multiple) {
        return alignment > 0 && multiple % alignment == 0;
    }
}
