package io.varve.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A filesystem being configured to be mounted: {@code fsopen}, {@code fsconfig}, {@code fsmount}. Used rather than
 * {@code mount(2)}, whose one page of options truncates a long list of devices without a word.
 */
public final class FileSystemContext implements AutoCloseable {
    /** The longest value that {@link #set} can pass, in bytes. */
    public static final int MAX_VALUE = 255;

    private static final int FSOPEN_CLOEXEC = 1;
    private static final int SET_FLAG = 0;
    private static final int SET_STRING = 1;
    private static final int CMD_CREATE = 6;
    private static final int FSMOUNT_CLOEXEC = 1;
    private static final int LOG_LINE_BYTES = 1024;

    private final Fd context;
    private final String type;

    private FileSystemContext(Fd context, String type) {
        this.context = context;
        this.type = type;
    }

    /** @throws OsException ENODEV when the kernel does not know the type, EPERM without CAP_SYS_ADMIN */
    public static FileSystemContext open(String type) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            long name = arena.allocateFrom(type).address();
            int fd = Libc.syscall(Libc.SYS_FSOPEN, name, FSOPEN_CLOEXEC, 0, 0, 0);
            if (fd < 0) {
                throw new OsException("fsopen " + type, -fd);
            }
            return new FileSystemContext(new Fd(fd), type);
        }
    }

    public FileSystemContext set(String key) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            configure(SET_FLAG, key, arena.allocateFrom(key).address(), 0);
        }
        return this;
    }

    /** Keys may be given several times: each device of an EROFS image is one, in the order of its slots. */
    public FileSystemContext set(String key, String value) throws OsException {
        try (Arena arena = Arena.ofConfined()) {
            long keyAt = arena.allocateFrom(key).address();
            long valueAt = arena.allocateFrom(value, CString.FILE_NAMES).address();
            configure(SET_STRING, key + "=" + value, keyAt, valueAt);
        }
        return this;
    }

    /**
     * Makes the filesystem, and a mount of it that stands nowhere yet: it goes away with the descriptor unless
     * {@link Mounts#move} puts it somewhere.
     */
    public Fd mount(MountFlags flags) throws OsException {
        configure(CMD_CREATE, "create", 0, 0);
        int fd = Libc.syscall(Libc.SYS_FSMOUNT, context.number(), FSMOUNT_CLOEXEC, flags.bits(), 0, 0);
        if (fd < 0) {
            throw refused("fsmount", -fd);
        }
        return new Fd(fd);
    }

    @Override
    public void close() {
        context.close();
    }

    private void configure(int command, String what, long key, long value) throws OsException {
        int result = Libc.syscall(Libc.SYS_FSCONFIG, context.number(), command, key, value, 0);
        if (result < 0) {
            throw refused(what, -result);
        }
    }

    /** With the lines that the filesystem left in the context, which often say more than the number. */
    private OsException refused(String what, int errno) {
        List<String> lines = new ArrayList<>();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment line = arena.allocate(LOG_LINE_BYTES);
            long length;
            while ((length = Libc.read(context.number(), line, LOG_LINE_BYTES)) > 0) {
                byte[] text = line.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE);
                lines.add(new String(text, StandardCharsets.UTF_8).strip());
            }
        }
        return new OsException("mount " + type + ": " + what, errno, String.join("; ", lines));
    }
}
