package io.varve.benchmark.regress;

import io.varve.bus.WorkLimits;
import io.varve.decode.DecodeLimits;
import io.varve.image.Description;
import io.varve.layerfs.OpenFile;
import io.varve.layerfs.Tree;
import io.varve.manifest.ImagePlan;
import io.varve.oci.Reference;
import io.varve.pipeline.Image;
import io.varve.pipeline.Images;
import io.varve.pipeline.LayerPull;
import io.varve.pipeline.Origin;
import io.varve.pipeline.Platforms;
import io.varve.pipeline.Pull;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.Pulls;
import io.varve.pipeline.Stages;
import io.varve.registry.Access;
import io.varve.registry.Registry;
import io.varve.registry.RegistryClient;
import io.varve.registry.RegistryOptions;
import io.varve.store.Store;
import io.varve.store.TestOptions;
import io.vertx.core.Vertx;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Varve, as its command composes it: everything verified, and on the disk when a pull is done. */
final class Optimised implements Contender {
    private static final int LAYERS_AT_ONCE = 3;

    private final Vertx vertx = Vertx.vertx();
    private final Registry registry;
    private final Store store;
    private final Images images;
    private final Pulls pulls;
    private final String host;

    /** @param cacheBytes of memory for metadata */
    Optimised(String host, Path directory, long cacheBytes) throws Exception {
        this.host = host;
        registry = RegistryClient.of(vertx, RegistryOptions.DEFAULTS, Map.of(), (each, repository) -> Optional.empty());
        Stages stages = Stages.deploy(
                        vertx,
                        Runtime.getRuntime().availableProcessors(),
                        WorkLimits.DEFAULTS.budgetBytes(),
                        1L << DecodeLimits.DEFAULTS.zstdWindowLog())
                .await(1, TimeUnit.MINUTES);
        store = new Store(
                directory, TestOptions.usual().metadataCacheBytes(cacheBytes).build());
        LayerPull layers = new LayerPull(store, DecodeLimits.DEFAULTS, LAYERS_AT_ONCE, () -> stages);
        Pull pull = new Pull(store, layers);
        images = new Images(store, layers, pull);
        pulls = new Pulls(store, pull, () -> stages, () -> registry);
    }

    private Reference name(String repository) {
        return Reference.normalized(host + "/" + repository);
    }

    @Override
    public void pull(List<String> repositories) {
        List<Origin> origins = repositories.stream()
                .<Origin>map(each -> new Origin.Remote(name(each), Access.DEFAULT))
                .toList();
        for (Pulls.Outcome outcome : pulls.pull(origins, null, Platforms.HERE, PullListener.NONE)) {
            if (outcome.failure() != null) {
                throw outcome.failure();
            }
        }
    }

    @Override
    public byte[] read(String repository, String path) throws Exception {
        Image image = images.open(name(repository), null, PullListener.NONE);
        Tree tree = image.tree();
        int inode = tree.resolve(path.getBytes(StandardCharsets.UTF_8));
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(tree.size(inode)));
        try (OpenFile file = OpenFile.of(tree, inode, image.layers())) {
            file.read(bytes, 0);
        }
        return bytes.array();
    }

    /** As the service does it. */
    @Override
    public Described describe(String repository) {
        Reference name = name(repository);
        if (!(images.plan(name, null) instanceof ImagePlan plan)) {
            throw new IllegalStateException(name + " is no image");
        }
        Tree tree = images.known(plan)
                .orElseGet(() -> images.open(name, null, PullListener.NONE))
                .tree();
        return new Described(tree.entries(), Description.fileBytes(tree));
    }

    @Override
    public void close() throws TimeoutException {
        store.close();
        registry.close();
        vertx.close().await(1, TimeUnit.MINUTES);
    }
}
