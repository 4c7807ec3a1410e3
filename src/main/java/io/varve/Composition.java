package io.varve;

import io.varve.api.Services;
import io.varve.archive.Exports;
import io.varve.archive.Imports;
import io.varve.build.Builds;
import io.varve.bundle.Bundles;
import io.varve.gc.Collector;
import io.varve.gc.Reasons;
import io.varve.image.Naming;
import io.varve.image.Rootfs;
import io.varve.job.Jobs;
import io.varve.pipeline.Images;
import io.varve.pipeline.LayerPull;
import io.varve.pipeline.Pull;
import io.varve.pipeline.Pulls;
import io.varve.pipeline.Stages;
import io.varve.push.Pushes;
import io.varve.registry.RegistryClient;
import io.varve.store.Store;
import io.varve.view.Views;
import java.nio.file.Path;
import java.util.function.Supplier;

/** One store and all that is done with it, whoever asks. */
record Composition(
        Store store,
        LayerPull layers,
        Images images,
        Naming naming,
        Pulls pulls,
        Builds builds,
        Pushes pushes,
        Exports exports,
        Imports imports,
        Views views,
        Rootfs rootfs,
        Bundles bundles,
        Collector collector,
        Reasons reasons) {

    /**
     * @param directory of the store
     * @param stages deployed when they are first needed, as the client is made
     */
    static Composition of(
            Settings settings, Path directory, Supplier<Stages> stages, Supplier<RegistryClient> registry) {
        Store store = new Store(directory, settings.storeOptions());
        LayerPull layers = new LayerPull(store, settings.limits().decode(), settings.layersAtOnce(), stages);
        Pull pull = new Pull(store, layers, settings.allowForeignLayers());
        Views views = Views.of(directory, settings.views());
        Images images = new Images(store, layers, pull);
        Pulls pulls = new Pulls(store, pull, stages, registry::get);
        Pushes pushes = new Pushes(store, images, stages, registry::get, registry::get, settings.layersAtOnce());
        Rootfs rootfs = new Rootfs(views, directory.resolve("rootfs"));
        Builds builds = new Builds(
                store, images, pulls, pushes, stages, settings.limits().decode(), settings.layersAtOnce());
        return new Composition(
                store,
                layers,
                images,
                new Naming(store, images),
                pulls,
                builds,
                pushes,
                new Exports(images, settings.limits().plan()),
                new Imports(
                        store,
                        pulls,
                        builds,
                        stages,
                        settings.limits().decode(),
                        settings.http().limits().uploadBytes()),
                views,
                rootfs,
                new Bundles(rootfs, settings.workers()),
                new Collector(store, views),
                new Reasons(store, views));
    }

    /** @param metrics as Prometheus reads them */
    Services services(Jobs jobs, Supplier<String> metrics) {
        return new Services(
                store, images, naming, rootfs, bundles, pulls, builds, pushes, exports, imports, collector, reasons,
                jobs, metrics);
    }
}
