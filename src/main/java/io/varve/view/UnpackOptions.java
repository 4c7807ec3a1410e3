package io.varve.view;

/**
 * How to unpack.
 *
 * @param rootless whether everything belongs to the caller: no owner is set, a device becomes an empty regular file of
 *     its mode, and an xattr that the kernel does not let the caller set is left out; {@link Unpacked} counts both
 * @param workers how many threads write
 */
public record UnpackOptions(boolean rootless, int workers, UnpackProgress progress) {
    public static final UnpackOptions DEFAULTS =
            new UnpackOptions(false, Runtime.getRuntime().availableProcessors(), UnpackProgress.NONE);

    public UnpackOptions withRootless(boolean wanted) {
        return new UnpackOptions(wanted, workers, progress);
    }

    public UnpackOptions withProgress(UnpackProgress told) {
        return new UnpackOptions(rootless, workers, told);
    }
}
