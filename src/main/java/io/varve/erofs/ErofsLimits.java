package io.varve.erofs;

/**
 * What an index may cost.
 *
 * @param indexBytes bytes of an index file: {@code limits.indexBytes}
 * @param treeBytes bytes of memory of the tree made of an index: {@code limits.treeBytes}
 */
public record ErofsLimits(long indexBytes, long treeBytes) {
    public static final ErofsLimits DEFAULTS = new ErofsLimits(4L << 30, 1L << 30);
}
