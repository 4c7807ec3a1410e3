package io.varve.layerfs;

/**
 * What a stack of layers may ask of us; each is a setting below {@code limits}.
 *
 * @param depth directories above an entry
 * @param treeBytes bytes of memory for one image's tree, and as many again for the marks of the layer being merged
 */
public record LayerLimits(int depth, long treeBytes) {
    public static final LayerLimits DEFAULTS = new LayerLimits(2_048, 1L << 30);

    /** What Linux can name; no setting raises it. */
    static final int NAME_BYTES = 255;
}
