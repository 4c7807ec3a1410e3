package io.varve.build;

import io.varve.layerfs.Layer;
import java.util.List;

/** A layer that is told of what other layers show together, which takes memory by their entries. */
interface TreeContent extends LayerContent {
    /** The layers, base first. Blocks. */
    List<Layer> layers();

    /** Gives the memory back; {@link #writeTo} takes it again. */
    void forget();
}
