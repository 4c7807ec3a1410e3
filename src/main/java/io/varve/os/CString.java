package io.varve.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.Charset;
import java.nio.file.Path;

/** Bytes as C wants them, with a NUL behind: of the caller's own paths, and of texts that name nothing on the host. */
final class CString {
    /** How the JVM itself turns the names of files into strings, so that a path means the same file here. */
    static final Charset FILE_NAMES = Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));

    static final MemorySegment EMPTY = Arena.global().allocate(1);

    private CString() {}

    static MemorySegment of(Arena arena, Path path) {
        byte[] bytes = path.toString().getBytes(FILE_NAMES);
        MemorySegment segment = arena.allocate(bytes.length + 1L);
        MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return segment;
    }

    /** @throws OsException EINVAL when there is a NUL among the bytes, which would end the text early */
    static MemorySegment of(Arena arena, String what, byte[] bytes) throws OsException {
        for (byte b : bytes) {
            if (b == 0) {
                throw new OsException(what + " with a NUL", Errno.EINVAL.number());
            }
        }
        MemorySegment segment = arena.allocate(bytes.length + 1L);
        MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
        return segment;
    }
}
