package io.varve.os;

/**
 * What a mount allows; a property of the mount, so that several mounts of one filesystem may differ.
 *
 * @param suid whether programs change their owner or gain capabilities
 * @param dev whether device nodes work
 */
public record MountFlags(boolean readOnly, boolean suid, boolean dev) {
    private static final int RDONLY = 1;
    private static final int NOSUID = 2;
    private static final int NODEV = 4;

    static final int MASK = RDONLY | NOSUID | NODEV;

    int bits() {
        return (readOnly ? RDONLY : 0) | (suid ? 0 : NOSUID) | (dev ? 0 : NODEV);
    }
}
