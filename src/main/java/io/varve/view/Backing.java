package io.varve.view;

/** What stands between the kernel's EROFS and the files of the store. */
public enum Backing {
    /** The files themselves, from Linux 6.12 and where their filesystem can; else loop devices. */
    ANY,
    /** The files themselves or nothing. */
    FILE,
    /** A read-only loop device for each file, gone with the mount. */
    LOOP
}
