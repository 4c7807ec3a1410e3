package io.varve.pipeline;

import io.varve.decode.DecodeLimits;
import io.varve.guard.WatchedVertx;
import io.varve.os.Staging;
import io.varve.registry.Access;
import io.varve.registry.FakeRegistry;
import io.varve.registry.Registry;
import io.varve.registry.RegistryClient;
import io.varve.registry.RegistryOptions;
import io.varve.store.Store;
import io.varve.store.StoreOptions;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The stages that all tests of a JVM share, on a Vert.x that is watched. */
public final class TestStages {
    private static final int WORKERS = 3;
    private static final long BUDGET = 96L << 20;
    private static final int PATIENCE_S = 60;

    private static @Nullable Stages stages;
    private static @Nullable Stages unwatched;
    private static boolean warmForRegistries;

    private TestStages() {}

    public static synchronized Stages get() {
        Stages deployed = stages;
        if (deployed == null) {
            try {
                warmUp();
                deployed = deploy(WatchedVertx.create());
            } catch (IOException | TimeoutException e) {
                throw new IllegalStateException(e);
            }
            stages = deployed;
        }
        return deployed;
    }

    /** Those of a process that nobody watches; there when this returns, so that no interrupt of a pull meets their deployment. */
    public static synchronized Stages unwatched() {
        Stages deployed = unwatched;
        if (deployed == null) {
            try {
                deployed = deploy(Vertx.vertx());
            } catch (TimeoutException e) {
                throw new IllegalStateException(e);
            }
            unwatched = deployed;
        }
        return deployed;
    }

    /**
     * Those of a test that has a registry client, which is to be of the same Vert.x: what the stages and it hand to each other
     * belongs to one context. Gone with the Vert.x.
     */
    public static synchronized Stages on(Vertx vertx) throws TimeoutException {
        if (!warmForRegistries) {
            try {
                warmUpRegistry();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            warmForRegistries = true;
        }
        return deploy(vertx);
    }

    /** Those of a test that asks how many threads compute. Gone with the Vert.x. */
    public static Stages on(Vertx vertx, int workers) throws TimeoutException {
        return deploy(vertx, workers);
    }

    private static Stages deploy(Vertx vertx) throws TimeoutException {
        return deploy(vertx, WORKERS);
    }

    private static Stages deploy(Vertx vertx, int workers) throws TimeoutException {
        return Stages.deploy(vertx, workers, BUDGET, 1L << DecodeLimits.DEFAULTS.zstdWindowLog())
                .await(PATIENCE_S, TimeUnit.SECONDS);
    }

    /** What the first pull loads takes an event loop longer than the limit; it happens on a loop that nobody watches. */
    private static void warmUp() throws IOException, TimeoutException {
        Vertx vertx = Vertx.vertx();
        Path directory = Files.createTempDirectory("varve-warm-up-");
        try (Store store = new Store(directory, StoreOptions.DEFAULTS)) {
            Stages stages = deploy(vertx);
            LayerPull layers = new LayerPull(store, DecodeLimits.DEFAULTS, 1, () -> stages);
            FakeSource source = new FakeSource();
            FakeImage image = FakeImage.gzip(source, "warm-up", 1_000, 600_000);
            new Pull(store, layers).pull(source, image.manifest(), null, null, PullListener.NONE);
        } finally {
            vertx.close().await(PATIENCE_S, TimeUnit.SECONDS);
            Staging.delete(directory);
        }
    }

    /** As {@link #warmUp}, for what pulls from registries need besides. */
    private static void warmUpRegistry() throws IOException, TimeoutException {
        Vertx vertx = Vertx.vertx();
        Path directory = Files.createTempDirectory("varve-warm-up-");
        try (Store store = new Store(directory, StoreOptions.DEFAULTS);
                FakeRegistry fake = FakeRegistry.http(vertx);
                Registry registry = RegistryClient.of(
                        vertx, RegistryOptions.DEFAULTS, Map.of(), (host, repository) -> Optional.empty())) {
            Stages stages = deploy(vertx);
            FakeSource source = new FakeSource();
            fake.add("warm-up", "1", source, FakeImage.gzip(source, "warm-up", 600_000));
            LayerPull layers = new LayerPull(store, DecodeLimits.DEFAULTS, 1, () -> stages);
            Pulls pulls = new Pulls(store, new Pull(store, layers), () -> stages, () -> registry);
            Origin name = new Origin.Remote(fake.reference("warm-up", "1"), Access.DEFAULT);
            pulls.pull(List.of(name), null, Platforms.HERE, PullListener.NONE);
        } finally {
            vertx.close().await(PATIENCE_S, TimeUnit.SECONDS);
            Staging.delete(directory);
        }
    }

    /** For tests that pull from files alone. */
    public static Supplier<Registry> noRegistry() {
        return () -> {
            throw new AssertionError("a registry was asked for");
        };
    }
}
