package io.varve.layerfs;

import io.varve.failure.Failure;

/**
 * What a stack of layers may ask of us; each is a setting below {@code limits}.
 *
 * @param depth directories above an entry
 * @param treeBytes bytes of memory for one image's tree and what it is made from, at most 2 GiB − 1: the tables of a
 *     tree are addressed by {@code int}
 */
public record LayerLimits(int depth, long treeBytes) {
    public static final LayerLimits DEFAULTS = new LayerLimits(2_048, 1L << 30);

    /** What Linux can name; no setting raises it. */
    static final int NAME_BYTES = 255;

    /** @throws Failure Invalid when there can be no such tree */
    public LayerLimits {
        if (treeBytes < 0 || treeBytes > Integer.MAX_VALUE) {
            throw Failure.invalid("limits.treeBytes: got " + treeBytes + ", wanted 0 to " + Integer.MAX_VALUE);
        }
    }
}
