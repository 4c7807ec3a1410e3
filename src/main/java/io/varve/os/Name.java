package io.varve.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * One name in one directory, in native memory and reusable, so that a loop over names allocates nothing. Every name out
 * of an image passes here on its way to the kernel: what could be resolved as a path is refused. Owned by one thread.
 */
public final class Name {
    /** What Linux allows, on every filesystem. */
    public static final int MAX_BYTES = 255;

    private final MemorySegment bytes = Arena.ofAuto().allocate(MAX_BYTES + 1);

    public static Name of(byte[] name) throws OsException {
        return new Name().set(name, name.length);
    }

    /**
     * Becomes the first {@code length} bytes of {@code name}.
     *
     * @throws OsException EINVAL when they are none, {@code .} or {@code ..}, or hold a slash or NUL; ENAMETOOLONG
     */
    public Name set(byte[] name, int length) throws OsException {
        if (length > MAX_BYTES) {
            throw new OsException("name of " + length + " bytes", Errno.ENAMETOOLONG.number());
        }
        boolean dots = length <= 2;
        for (int i = 0; i < length; i++) {
            if (name[i] == '/' || name[i] == 0) {
                throw new OsException("name with a slash or NUL", Errno.EINVAL.number());
            }
            dots &= name[i] == '.';
        }
        if (dots) {
            throw new OsException("name that is empty or dots", Errno.EINVAL.number());
        }
        MemorySegment.copy(name, 0, bytes, ValueLayout.JAVA_BYTE, 0, length);
        bytes.set(ValueLayout.JAVA_BYTE, length, (byte) 0);
        return this;
    }

    MemorySegment segment() {
        return bytes;
    }

    /** The bytes again, without the final NUL. */
    byte[] toBytes() {
        int length = 0;
        while (bytes.get(ValueLayout.JAVA_BYTE, length) != 0) {
            length++;
        }
        return bytes.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
    }
}
