package io.varve.os;

/** When what was committed is on the disk. */
public enum Durability {
    /** Before whoever commits it is told so. */
    FULL,
    /**
     * When the kernel comes to it. A process that dies loses nothing by that; a machine that stops may lose what came last,
     * and what of it is there may be there in part, which its {@linkplain Unsynced mark} says.
     */
    RELAXED
}
