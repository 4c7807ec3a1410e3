package io.varve.benchmark;

import io.varve.layerfs.Layer;
import io.varve.oci.ChainId;
import io.varve.oci.Digest;
import io.varve.store.Store;
import io.varve.view.Backing;
import io.varve.view.Index;
import io.varve.view.ReadOptions;
import io.varve.view.ViewOptions;
import io.varve.view.Views;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Views of stacks of one store, each kind of reading with kernel mounts of its own; all are gone when this is closed. */
final class ReadMounts implements AutoCloseable {
    private final Path directory;
    private final Store store;
    private final List<Mounted> mounted = new ArrayList<>();

    private record Mounted(Views views, Path at) {}

    ReadMounts(Path directory, Store store) {
        this.directory = directory;
        this.store = store;
    }

    /** How images are read here; views of one image that are made with the same one share the kernel's mount of it. */
    Views views(String kind, Backing backing, ReadOptions reads) {
        return new Views(store.directory().resolve("views-" + kind), backing, reads);
    }

    Path mount(Views views, List<Layer> layers, ViewOptions options) {
        Digest chainId = ChainId.of(layers.stream().map(Layer::diffId).toList()).digest();
        Path index = store.indexes().index(chainId, layers, () -> store.layers().merge(layers));
        Path at = directory.resolve("view-" + mounted.size());
        views.mount(new Index(chainId, index, layers.stream().map(Layer::tar).toList()), at, options);
        mounted.add(new Mounted(views, at));
        return at;
    }

    @Override
    public void close() {
        mounted.forEach(each -> each.views().unmount(each.at()));
    }
}
