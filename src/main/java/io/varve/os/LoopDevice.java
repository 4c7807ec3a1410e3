package io.varve.os;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;

/**
 * A file as a read-only block device of 512-byte blocks. The kernel takes the device away by itself once nobody has it
 * open: neither this nor a filesystem mounted from it. So close this after mounting.
 *
 * @param path of the device
 * @param open what keeps the device there; owned by this
 */
public record LoopDevice(Path path, Fd open) implements AutoCloseable {
    private static final Path CONTROL = Path.of("/dev/loop-control");
    private static final int LOOP_CTL_GET_FREE = 0x4C82;
    private static final int LOOP_CONFIGURE = 0x4C0A;
    private static final int BLOCK_BYTES = 512;
    private static final int READ_ONLY = 1;
    private static final int AUTOCLEAR = 4;
    private static final int ATTEMPTS = 64;

    /*
     * struct loop_config
     *     0  fd          u32   the file
     *     4  block_size  u32
     *     8  info        struct loop_info64, 232 bytes, in it
     *    60      lo_flags  u32
     *   240  reserved    u64[8]
     */
    private static final int CONFIG_BYTES = 304;
    private static final int CONFIG_BLOCK_SIZE = 4;
    private static final int CONFIG_FLAGS = 60;

    /** @throws OsException ENOENT when there are no loop devices here, EBUSY when others were faster time and again */
    public static LoopDevice of(Fd file) throws OsException {
        try (Fd control = FilesAt.open(CONTROL, Libc.O_RDWR, 0);
                Arena arena = Arena.ofConfined()) {
            MemorySegment config = arena.allocate(CONFIG_BYTES, Long.BYTES);
            config.set(ValueLayout.JAVA_INT, 0, file.number());
            config.set(ValueLayout.JAVA_INT, CONFIG_BLOCK_SIZE, BLOCK_BYTES);
            config.set(ValueLayout.JAVA_INT, CONFIG_FLAGS, READ_ONLY | AUTOCLEAR);
            // Between being told of a free device and taking it, somebody else may have taken it.
            for (int attempt = 1; ; attempt++) {
                int number = Libc.ioctl(control.number(), LOOP_CTL_GET_FREE, MemorySegment.NULL);
                if (number < 0) {
                    throw new OsException("find a free loop device", -number);
                }
                Path path = Path.of("/dev/loop" + number);
                Fd device = FilesAt.open(path, Libc.O_RDONLY, 0);
                int configured = Libc.ioctl(device.number(), LOOP_CONFIGURE, config);
                if (configured == 0) {
                    return new LoopDevice(path, device);
                }
                device.close();
                if (configured != -Errno.EBUSY.number() || attempt == ATTEMPTS) {
                    throw new OsException("set up " + path, -configured);
                }
            }
        }
    }

    @Override
    public void close() {
        open.close();
    }
}
