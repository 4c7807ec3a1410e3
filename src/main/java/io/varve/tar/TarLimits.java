package io.varve.tar;

/**
 * How much a tar may ask for, checked while it streams; what passes a limit is refused as <i>Exceeded</i>.
 *
 * @param entries members of one tar
 * @param pathBytes of a member's name
 * @param linkBytes of a link target
 * @param xattrValueBytes of the value of one extended attribute
 * @param xattrBytes of the names and values of all extended attributes of one member
 * @param globalXattrBytes of the same that global headers give, in all members together: each behind them carries it, however short it
 *     is, and so much may become of few bytes. Their link targets are bounded alike
 * @param paxBytes of one extension: a PAX header, a GNU long name or a GNU long link. It is what a reader buffers
 * @param sparseExtents pieces in the map of one sparse file, empty ones included
 */
public record TarLimits(
        long entries,
        int pathBytes,
        int linkBytes,
        int xattrValueBytes,
        int xattrBytes,
        long globalXattrBytes,
        int paxBytes,
        int sparseExtents) {

    /** Generous for images people build; Linux itself sets the path, link target and attribute value. */
    public static final TarLimits DEFAULTS =
            new TarLimits(2_000_000, 4096, 4095, 64 << 10, 512 << 10, 64 << 20, 1 << 20, 100_000);
}
