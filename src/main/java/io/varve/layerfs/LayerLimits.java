package io.varve.layerfs;

import io.varve.failure.Failure;

/**
 * What a stack of layers may ask of us; each is a setting below {@code limits}.
 *
 * @param depth directories above an entry
 * @param steps names that are passed on the ways to all entries of an image, those that symlinks put there included, and as many as have
 *     room in what following them copies: 2,000 directories and 40 symlinks on the way to each of a million entries would take hours
 * @param treeBytes bytes of memory for one image's tree and what it is made from, at most 2 GiB − 1: the tables of a
 *     tree are addressed by {@code int}
 */
public record LayerLimits(int depth, long steps, long treeBytes) {
    public static final LayerLimits DEFAULTS = new LayerLimits(2_048, 500_000_000, 1L << 30);

    /** What Linux can name; no setting raises it. */
    static final int NAME_BYTES = 255;

    /** @throws Failure Invalid when there can be no such tree */
    public LayerLimits {
        if (treeBytes < 0 || treeBytes > Integer.MAX_VALUE) {
            throw Failure.invalid("limits.treeBytes: got " + treeBytes + ", wanted 0 to " + Integer.MAX_VALUE);
        }
    }
}
