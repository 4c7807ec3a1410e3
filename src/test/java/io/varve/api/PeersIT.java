package io.varve.api;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.varve.catalogue.Entry;
import io.varve.decode.DecodeLimits;
import io.varve.image.Peers;
import io.varve.image.Program;
import io.varve.oci.Json;
import io.varve.oci.Reference;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.LayerPull;
import io.varve.pipeline.Origin;
import io.varve.pipeline.Platforms;
import io.varve.pipeline.Pull;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.Pulls;
import io.varve.pipeline.Stages;
import io.varve.pipeline.TestStages;
import io.varve.registry.Access;
import io.varve.registry.DockerConfig;
import io.varve.registry.Registry;
import io.varve.registry.RegistryClient;
import io.varve.registry.RegistryOptions;
import io.varve.store.Store;
import io.varve.store.StoreOptions;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Clients of registries, other people's and our own, take what is served for a registry. */
class PeersIT {
    @TempDir
    Path directory;

    private ServedStore served;
    private FakeImage image;

    @BeforeEach
    void serve() throws Exception {
        served = ServedStore.open(directory.resolve("store"), ApiLimits.DEFAULTS);
        image = served.put("some/app:1", 1_000, 3_000_000);
    }

    @AfterEach
    void close() throws Exception {
        served.close();
    }

    private String docker(String name) {
        return "docker://" + served.api.address() + "/" + name;
    }

    @Test
    void skopeoInspectsIt() throws Exception {
        Peers.need("skopeo");
        served.put("some/app:2", image.manifest());

        JsonNode told = Json.read(
                new Program(directory, "skopeo", "inspect", "--tls-verify=false", docker("some/app:1"))
                        .succeed()
                        .getBytes(StandardCharsets.UTF_8),
                1 << 20);

        assertThat(told.get("Digest").asText())
                .isEqualTo(image.manifest().digest().toString());
        assertThat(told.get("RepoTags").toString()).isEqualTo("[\"1\",\"2\"]");
        assertThat(told.get("Layers")).hasSize(2);
    }

    @Test
    void skopeoCopiesFromIt() throws Exception {
        Peers.need("skopeo");

        new Program(
                        directory,
                        "skopeo",
                        "--insecure-policy",
                        "copy",
                        "--quiet",
                        "--src-tls-verify=false",
                        docker("some/app@" + image.manifest().digest()),
                        "oci:copy:it")
                .succeed();

        assertThat(directory.resolve("copy/blobs/sha256").toFile().list())
                .containsExactlyInAnyOrder(
                        image.blobs().stream().map(blob -> blob.digest().hex()).toArray(String[]::new));
    }

    @Test
    void ourOwnClientPullsFromIt() throws Exception {
        // Loading what a client needs takes an event loop longer than the limit, and the client is not what is tested
        // here.
        Vertx vertx = Vertx.vertx();
        try (Store other = new Store(directory.resolve("other"), StoreOptions.DEFAULTS);
                Registry registry = RegistryClient.of(
                        vertx, RegistryOptions.DEFAULTS, Map.of(), new DockerConfig(Map.of(), directory))) {
            Stages stages = TestStages.on(vertx);
            LayerPull layers = new LayerPull(other, DecodeLimits.DEFAULTS, 2, () -> stages);
            Pulls pulls = new Pulls(other, new Pull(other, layers), () -> stages, () -> registry);
            Reference name = Reference.normalized(served.api.address() + "/some/app:1");

            Pulls.Outcome outcome = pulls.pull(
                            List.of(new Origin.Remote(name, Access.DEFAULT)), null, Platforms.HERE, PullListener.NONE)
                    .getFirst();

            assertThat(outcome.failure()).isNull();
            assertThat(Objects.requireNonNull(outcome.image()).digest())
                    .isEqualTo(image.manifest().digest());
            assertThat(other.read(catalogue -> catalogue.nodes()).orElseThrow()).allMatch(Entry::present);
            assertThat(other.read(catalogue -> catalogue.tag(name.toString())).orElseThrow())
                    .isPresent();
        } finally {
            vertx.close().await(ServedStore.PATIENCE_S, TimeUnit.SECONDS);
        }
    }
}
