package io.varve.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.decode.DecodeLimits;
import io.varve.failure.Failure;
import io.varve.guard.WatchedVertx;
import io.varve.manifest.LayerPlan;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Json;
import io.varve.oci.MediaType;
import io.varve.oci.Reference;
import io.varve.registry.Access;
import io.varve.registry.FakeRegistry;
import io.varve.registry.Fault;
import io.varve.registry.RegistryClient;
import io.varve.registry.RegistryOptions;
import io.varve.store.Store;
import io.varve.store.StoreOptions;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is no usual image, out of a registry. */
class PullFromRegistryIT {
    private static final int PATIENCE_S = 20;

    @TempDir
    Path directory;

    private final FakeSource source = new FakeSource();
    private Vertx vertx;
    private Stages stages;
    private FakeRegistry registry;
    private RegistryClient client;
    private Store store;
    private LayerPull layers;

    @BeforeEach
    void start() throws Exception {
        vertx = WatchedVertx.createForSockets();
        stages = TestStages.on(vertx);
        registry = FakeRegistry.http(vertx);
        client = RegistryClient.of(vertx, RegistryOptions.DEFAULTS, Map.of(), (host, repository) -> Optional.empty());
        store = new Store(directory.resolve("store"), StoreOptions.DEFAULTS);
        layers = new LayerPull(store, DecodeLimits.DEFAULTS, 3, () -> stages);
    }

    @AfterEach
    void stop() throws Exception {
        store.close();
        client.close();
        registry.close();
        vertx.close().await(PATIENCE_S, TimeUnit.SECONDS);
    }

    private @Nullable Failure pull(Reference reference, Pull pull) {
        List<Pulls.Outcome> outcomes = new Pulls(store, pull, () -> stages, () -> client)
                .pull(List.of(new Origin.Remote(reference, Access.DEFAULT)), null, Platforms.HERE, PullListener.NONE);
        return outcomes.getFirst().failure();
    }

    private static byte[] noise(int bytes) {
        byte[] noise = new byte[bytes];
        new Random(bytes).nextBytes(noise);
        return noise;
    }

    @Test
    void artifactComesOverCutsAndIsTagged() {
        FakeArtifact chart = FakeArtifact.of(source, noise(100), noise(900_000));
        registry.manifest("charts/app", "1", source.read(chart.manifest(), Json.DEFAULT_LIMIT));
        registry.blob(source.read(chart.config(), Json.DEFAULT_LIMIT));
        registry.blob(noise(900_000));
        registry.server().script("/blobs/" + chart.blobs().getFirst().digest(), Fault.cut(300_000), Fault.status(503));

        assertThat(pull(registry.reference("charts/app", "1"), new Pull(store, layers)))
                .isNull();

        assertThat(store.catalogue()
                        .orElseThrow()
                        .tag(registry.reference("charts/app", "1").toString()))
                .hasValueSatisfying(tag -> assertThat(tag.image()).isEqualTo(chart.manifest()));
        assertThat(store.content()
                        .find(chart.blobs().getFirst().digest())
                        .orElseThrow()
                        .file())
                .hasBinaryContent(noise(900_000));
    }

    @Test
    void foreignLayerThatTheRepositoryLacksComesFromItsUrlWhereThatIsAllowed() {
        byte[] tar = FakeImage.tar("f", 400_000);
        byte[] packed = FakeImage.gzipped(tar);
        registry.blob(packed);
        Descriptor foreign = FakeArtifact.withUrl(
                Descriptor.of(MediaType.Known.DOCKER_FOREIGN_GZIP, Digest.sha256(packed), packed.length),
                registry.server().url() + "/v2/elsewhere/blobs/" + Digest.sha256(packed));
        FakeImage image = FakeImage.of(source, new LayerPlan(foreign, Digest.sha256(tar)));
        registry.manifest("windows", "1", source.read(image.manifest(), Json.DEFAULT_LIMIT));
        registry.blob(source.read(image.config(), Json.DEFAULT_LIMIT));
        registry.server().always("/v2/windows/blobs/" + foreign.digest(), Fault.status(404));
        Reference reference = registry.reference("windows", "1");

        assertThat(pull(reference, new Pull(store, layers)))
                .hasMessageContaining("Invalid: " + reference)
                .hasMessageContaining(foreign.digest().toString())
                .hasMessageContaining("allowForeignLayers: true");
        assertThat(registry.server().asked("/blobs/" + foreign.digest())).isEmpty();

        assertThat(pull(reference, new Pull(store, layers, true))).isNull();

        assertThat(store.layers().find(Digest.sha256(tar))).isPresent();
        assertThat(registry.server().asked("/blobs/" + foreign.digest()))
                .extracting(each -> each.path().replaceAll("/blobs/.*", ""))
                .containsExactly("/v2/windows", "/v2/elsewhere");
    }
}
