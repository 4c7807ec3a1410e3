package io.varve.layerfs;

import java.util.List;

/**
 * Layers on top of each other, and what they show together: the tree says in which layer's tar, and where, the bytes of a file are.
 *
 * @param layers base first
 */
public record Stack(List<Layer> layers, Tree tree) {
    /** What the fields of a layer take, its two paths being the most of it. */
    private static final int LAYER_BYTES = 600;

    public Stack {
        layers = List.copyOf(layers);
    }

    /** Bytes of memory that it holds, near enough to account for. */
    public long bytes() {
        return tree.bytes() + (long) LAYER_BYTES * layers.size();
    }
}
