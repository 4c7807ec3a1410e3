package io.varve.pipeline;

import io.varve.layerfs.Layer;
import io.varve.layerfs.Tree;
import io.varve.manifest.ImagePlan;
import java.util.List;

/**
 * An image whose layers are all in the store, and what they show.
 *
 * @param layers base first
 */
public record Image(ImagePlan plan, List<Layer> layers, Tree tree) {}
