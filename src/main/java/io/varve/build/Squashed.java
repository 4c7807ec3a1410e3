package io.varve.build;

import io.varve.layerfs.Layer;
import io.varve.layerfs.Tree;
import io.varve.layerfs.TreeTar;
import io.varve.store.Store;
import java.nio.channels.WritableByteChannel;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All that a stack shows, as one layer. */
final class Squashed implements TreeContent {
    private final Store store;
    private final List<Layer> stack;
    // While it is told.
    private volatile @Nullable Tree merged;

    Squashed(Store store, List<Layer> stack) {
        this.store = store;
        this.stack = stack;
    }

    @Override
    public List<Layer> layers() {
        return stack;
    }

    @Override
    public void forget() {
        merged = null;
    }

    @Override
    public void writeTo(WritableByteChannel out) {
        Tree known = merged;
        Tree tree = known == null ? store.layers().merge(stack) : known;
        merged = tree;
        TreeTar.write(tree, stack, out);
    }

    @Override
    public long mostBytes() {
        return Long.MAX_VALUE;
    }
}
