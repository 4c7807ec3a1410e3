package io.varve.build;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.decode.DecodeLimits;
import io.varve.failure.Failure;
import io.varve.gc.Collector;
import io.varve.guard.Deadline;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.ImageConfig;
import io.varve.oci.Json;
import io.varve.oci.Reference;
import io.varve.pipeline.Cancellation;
import io.varve.pipeline.Image;
import io.varve.pipeline.Images;
import io.varve.pipeline.LayerPull;
import io.varve.pipeline.Platforms;
import io.varve.pipeline.Pull;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.Pulls;
import io.varve.pipeline.Source;
import io.varve.pipeline.Stages;
import io.varve.pipeline.TestStages;
import io.varve.push.Pushes;
import io.varve.registry.Access;
import io.varve.registry.Registry;
import io.varve.store.Store;
import io.varve.store.StoreOptions;
import io.varve.verify.Finding;
import io.varve.verify.Verifier;
import io.varve.verify.VerifyListener;
import io.varve.view.Views;
import io.vertx.core.Future;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** A store, and whoever builds in it. */
final class Workshop implements AutoCloseable {
    static final int PATIENCE_S = 60;
    static final String FILE = "{'files': [{'path': 'etc/motd', 'text': 'hello'}]}";

    /** Tars that begin, and never go on. */
    static final Inputs ENDLESS =
            name -> Future.succeededFuture(new Inputs.InputStream((sink, context) -> sink.broken()));

    private static final int LAYERS_AT_ONCE = 3;

    final Store store;
    final Images images;
    final Builds builds;
    private final Pulls pulls;
    private final LayerPull layers;
    private final Path inputs;

    Workshop(Path directory, Path inputs) {
        this(directory, inputs, TestStages::get);
    }

    Workshop(Path directory, Path inputs, Supplier<Stages> stages) {
        this(directory, inputs, stages, LAYERS_AT_ONCE);
    }

    /** One that pulls what is missing. */
    Workshop(Path directory, Path inputs, Supplier<Stages> stages, Supplier<Registry> registry) {
        this(directory, inputs, stages, LAYERS_AT_ONCE, registry);
    }

    Workshop(Path directory, Path inputs, Supplier<Stages> stages, int layersAtOnce) {
        this(directory, inputs, stages, layersAtOnce, TestStages.noRegistry());
    }

    private Workshop(
            Path directory, Path inputs, Supplier<Stages> stages, int layersAtOnce, Supplier<Registry> registry) {
        this.inputs = inputs;
        store = new Store(directory, StoreOptions.DEFAULTS);
        layers = new LayerPull(store, DecodeLimits.DEFAULTS, layersAtOnce, stages);
        Pull pull = new Pull(store, layers);
        images = new Images(store, layers, pull);
        pulls = new Pulls(store, pull, stages, registry);
        Pushes pushes = new Pushes(
                store,
                images,
                stages,
                registry,
                () -> {
                    throw new AssertionError("a registry was asked for");
                },
                layersAtOnce);
        builds = new Builds(store, images, pulls, pushes, stages, DecodeLimits.DEFAULTS, layersAtOnce);
    }

    Builds.Asking asking() {
        return new Builds.Asking(new HostInputs(inputs), Access.DEFAULT, false, any -> false);
    }

    Built build(String spec) {
        return builds.build(read(spec), asking(), PullListener.NONE);
    }

    Future<Built> begin(String spec) {
        return builds.build(read(spec), asking(), new Cancellation(), PullListener.NONE);
    }

    /** All that an image index leads to. */
    void pull(Source source, Descriptor index, String name) throws TimeoutException {
        pulls.begin(
                        new Cancellation(),
                        going -> pulls.pull(
                                source,
                                index,
                                Reference.parse(name),
                                Platforms.All.ALL,
                                false,
                                going,
                                PullListener.NONE))
                .await(PATIENCE_S, TimeUnit.SECONDS);
    }

    Image open(Digest digest) {
        return images.open(digest, null, PullListener.NONE);
    }

    boolean shows(Built built, String path) {
        return open(built.image().digest()).tree().resolve(path.getBytes(UTF_8)) >= 0;
    }

    ImageConfig config(Built built) {
        return open(built.image().digest()).plan().config();
    }

    List<Finding> verify() {
        List<Finding> found = Collections.synchronizedList(new ArrayList<>());
        new Verifier(store, layers, 3).verify(new VerifyListener() {
            @Override
            public void found(Finding finding) {
                found.add(finding);
            }
        });
        return found;
    }

    void collect() {
        Instant later = Instant.now().plus(store.options().lease()).plusSeconds(60);
        new Collector(store, new Views(store.directory().resolve("views"))).collect(later);
    }

    void assertEmpty() {
        collect();
        assertThat(store.read(catalogue -> catalogue.nodes().size()).orElse(0)).isZero();
        assertThat(store.read(catalogue -> catalogue.tags("", "", 10).size()).orElse(0))
                .isZero();
    }

    @Override
    public void close() {
        store.close();
    }

    static BuildSpec read(String json) {
        return SpecReader.read(Json.read(json.replace('\'', '"').getBytes(UTF_8), Json.DEFAULT_LIMIT));
    }

    static String onScratch(String rest) {
        return "{'from': 'scratch', 'platform': 'linux/amd64', 'tags': ['a.example/app:1'], " + rest + "}";
    }

    static String onBase(String rest) {
        return "{'from': 'a.example/base:1', 'platform': 'linux/amd64', 'tags': ['a.example/app:2'], " + rest + "}";
    }

    /** What {@link #onBase} is on. */
    void base() {
        build("{'from': 'scratch', 'platform': 'linux/amd64', 'tags': ['a.example/base:1'], 'layers': ["
                + "{'files': [{'path': 'etc/passwd', 'text': 'root'}, {'path': 'bin/sh', 'text': 'sh', 'mode': '0755'},"
                + " {'path': 'bin/dash', 'symlink': 'sh'}]}], 'config': {'entrypoint': ['/bin/sh'], 'cmd': ['-c'],"
                + " 'env': {'A': '1', 'B': '2'}}}");
    }

    Failure failure(String spec) {
        Failure failure = catchThrowableOfType(Failure.class, () -> build(spec));
        assertThat(failure).isNotNull();
        return failure;
    }

    /** What the first build loads takes an event loop longer than the limit; it happens on a loop that nobody watches. */
    static void warmUp(Path directory) {
        try (Workshop warm = new Workshop(directory.resolve("store"), directory, TestStages::unwatched)) {
            String base = "{'from': 'scratch', 'tags': ['a.example/base:1'], 'layers': [" + FILE + "]}";
            warm.build(base);
            warm.build(base);
            warm.build(base.replace("'tags'", "'compression': 'zstd', 'tags'"));
            warm.build(base);
            warm.build("{'from': 'a.example/base:1', 'squash': true, 'layers': [" + FILE
                    + ", {'copyFrom': 'a.example/base:1', 'paths': [{'src': 'etc', 'dest': 'opt'}]}]}");
        }
    }

    /** Whoever was still joining when it ended leaves when it has joined. */
    void assertNobodyHoldsIt() {
        build(onScratch("'layers': [" + FILE + "]"));
        Deadline.await("nobody holds it", this::refusalToSetAside, String::isEmpty);
    }

    /** What is said against it; nothing if it was done. */
    private String refusalToSetAside() {
        try {
            store.setAside("test", List.of());
            return "";
        } catch (Failure e) {
            return e.getMessage();
        }
    }
}
