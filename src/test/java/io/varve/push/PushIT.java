package io.varve.push;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.catalogue.Node;
import io.varve.decode.DecodeLimits;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.guard.WatchedVertx;
import io.varve.image.Peers;
import io.varve.image.Program;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Platform;
import io.varve.oci.Reference;
import io.varve.pipeline.Cancellation;
import io.varve.pipeline.FakeArtifact;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import io.varve.pipeline.Images;
import io.varve.pipeline.LayerPull;
import io.varve.pipeline.Origin;
import io.varve.pipeline.Platforms;
import io.varve.pipeline.Pull;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.Pulls;
import io.varve.pipeline.Stages;
import io.varve.pipeline.TestStages;
import io.varve.registry.Access;
import io.varve.registry.DockerRegistry;
import io.varve.registry.FakeRegistry;
import io.varve.registry.Fault;
import io.varve.registry.HostOptions;
import io.varve.registry.RegistryClient;
import io.varve.registry.RegistryOptions;
import io.varve.store.Store;
import io.varve.store.StoreOptions;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole pushes, from a real store through the real client, to a registry. */
class PushIT {
    private static final int PATIENCE_S = 60;

    @TempDir
    Path directory;

    private final FakeSource source = new FakeSource();
    private Vertx vertx;
    private Stages stages;
    private FakeRegistry from;
    private FakeRegistry to;
    private RegistryClient registry;
    private Store store;
    private Pulls pulls;
    private Pushes pushes;

    @BeforeEach
    void begin() throws Exception {
        vertx = WatchedVertx.createForSockets();
        stages = TestStages.on(vertx);
        from = FakeRegistry.http(vertx);
        to = FakeRegistry.http(vertx);
        registry = RegistryClient.of(vertx, RegistryOptions.DEFAULTS, Map.of(), (host, repository) -> Optional.empty());
        store = new Store(directory.resolve("store"), StoreOptions.DEFAULTS);
        LayerPull layers = new LayerPull(store, DecodeLimits.DEFAULTS, 3, () -> stages);
        Pull pull = new Pull(store, layers);
        pulls = new Pulls(store, pull, () -> stages, () -> registry);
        pushes = new Pushes(store, new Images(store, layers, pull), () -> stages, () -> registry, () -> registry, 3);
    }

    @AfterEach
    void end() throws Exception {
        store.close();
        registry.close();
        from.close();
        to.close();
        vertx.close().await(PATIENCE_S, TimeUnit.SECONDS);
    }

    private Reference pulled(String repository, FakeImage image) {
        from.add(repository, "1", source, image);
        return pulled(from.reference(repository, "1"), Platforms.HERE);
    }

    private Reference pulled(Reference name, Platforms platforms) {
        Pulls.Outcome outcome = pulls.pull(
                        List.of(new Origin.Remote(name, Access.DEFAULT)), null, platforms, PullListener.NONE)
                .getFirst();
        assertThat(outcome.failure()).isNull();
        return name;
    }

    private Pushed push(Reference image, Reference destination) {
        return pushes.push(image, destination, Access.DEFAULT, PullListener.NONE);
    }

    private Failure failure(Reference image, Reference destination) {
        return catchThrowableOfType(Failure.class, () -> push(image, destination));
    }

    private void assertThere(String repository, String tag, FakeImage image) {
        assertThat(to.manifest(repository, tag)).isEqualTo(source.read(image.manifest(), Long.MAX_VALUE));
        image.blobs().stream().skip(1).forEach(blob -> assertThat(to.has(blob)).isTrue());
    }

    private List<String> sources(Descriptor blob) {
        return store.read(catalogue -> catalogue.sources(blob.digest())).orElseThrow();
    }

    @Test
    void imageIsThereWithAllThatItLeadsToAndTheCatalogueKnowsWhere() {
        FakeImage image = FakeImage.gzip(source, "app", 10, 900_000);
        Reference name = pulled("app", image);

        Pushed pushed = push(name, to.reference("team/app", "2"));

        assertThat(pushed).isEqualTo(new Pushed(to.reference("team/app", "2").toString(), image.manifest()));
        assertThere("team/app", "2", image);
        assertThat(image.blobs())
                .allSatisfy(blob -> assertThat(sources(blob))
                        .contains("docker://" + to.server().host() + "/team/app"));
        List<String> order = to.server().asked("PUT ").stream()
                .map(asked -> asked.path().replaceAll(".*/(uploads|manifests)/.*", "$1"))
                .toList();
        assertThat(order).containsExactly("uploads", "uploads", "uploads", "manifests");
    }

    @Test
    void whatTheRegistryHasIsNeitherReadNorSent() {
        FakeImage image = FakeImage.gzip(source, "app", 10, 900_000);
        Reference name = pulled("app", image);
        push(name, to.reference("app", "2"));
        to.server().reset();

        push(name, to.reference("app", "2"));

        assertThat(to.server().asked("(POST|PUT|PATCH) ")).isEmpty();
    }

    @Test
    void blobsAreMountedFromWhereTheHostWasSeenToHaveThem() {
        FakeImage image = FakeImage.gzip(source, "app", 10, 300_000);
        Reference name = pulled("app", image);
        push(name, to.reference("first", "1"));
        to.server().reset();
        // The fake one has a blob in every repository.
        to.server().script("HEAD .*/blobs/", Fault.status(404), Fault.status(404), Fault.status(404));

        push(name, to.reference("second", "1"));

        assertThat(to.server().asked("POST "))
                .hasSize(3)
                .allSatisfy(asked -> assertThat(asked.uri()).contains("mount=sha256:", "&from=first"));
        assertThat(to.server().asked("PATCH ")).isEmpty();
        assertThat(to.server().asked("PUT ")).hasSize(1);
    }

    @Test
    void imageIndexGoesWithThePartsThatTheStoreHas() {
        FakeImage here = FakeImage.gzip(source, "here", 1_000);
        FakeImage other = FakeImage.gzip(source, "other", 1_000);
        from.add("app", "here", source, here).add("app", "other", source, other);
        Descriptor index = FakeImage.index(
                source,
                List.of(here.manifest(), other.manifest()),
                List.of(Platform.ofThisMachine(), Platform.parse("plan9/mips")));
        from.manifest("app", "1", source.read(index, Long.MAX_VALUE));
        List<String> notes = new CopyOnWriteArrayList<>();
        PullListener listener = new PullListener() {
            @Override
            public void noted(String line) {
                notes.add(line);
            }
        };
        Reference name = pulled(from.reference("app", "1"), Platforms.HERE);

        Pushed sparse = pushes.push(name, to.reference("app", "1"), Access.DEFAULT, listener);

        assertThat(sparse.image().digest()).isEqualTo(index.digest());
        assertThat(to.manifest("app", "1")).isEqualTo(source.read(index, Long.MAX_VALUE));
        assertThere("app", here.manifest().digest().toString(), here);
        assertThat(to.manifest("app", other.manifest().digest().toString())).isNull();
        assertThat(notes)
                .containsExactly(to.reference("app", "1")
                        + " is pushed without 1 entries of its image index, which the store does not have");

        to.server().script("PUT .*/manifests/2", Fault.status(400));
        assertThat(failure(name, to.reference("app", "2")))
                .hasMessageStartingWith("Invalid: " + to.reference("app", "2")
                        + ": image index without 1 of its images, which pull --all-platforms brings: push manifest 2");

        pulled(name, Platforms.All.ALL);
        push(name, to.reference("app", "3"));
        assertThere("app", other.manifest().digest().toString(), other);
    }

    @Test
    void artifactGoesAsItIs() throws Exception {
        FakeArtifact artifact = FakeArtifact.of(source, new byte[] {'{', '}'}, new byte[100_000]);
        from.manifest("chart", "1", source.read(artifact.manifest(), Long.MAX_VALUE));
        artifact.all().stream().skip(1).forEach(blob -> from.blob(source.read(blob, Long.MAX_VALUE)));

        push(pulled(from.reference("chart", "1"), Platforms.HERE), to.reference("chart", "1"));

        assertThat(to.manifest("chart", "1")).isEqualTo(source.read(artifact.manifest(), Long.MAX_VALUE));
        assertThat(artifact.all().stream().skip(1)).allMatch(to::has);
    }

    @Test
    void blobThatIsNowhereAnyMoreIsToldAndNothingIsNamed() throws Exception {
        FakeImage image = FakeImage.gzip(source, "app", 300_000);
        Reference name = pulled("app", image);
        Digest layer = image.layers().getFirst().blob().digest();
        Files.delete(store.content().home(layer));

        Failure failure = failure(name, to.reference("app", "1"));

        assertThat(failure.category()).isEqualTo(Category.NOT_FOUND);
        assertThat(failure)
                .hasMessageContaining(
                        "push blob " + layer + " to " + to.server().host()
                                + "/app: neither the registry nor the store has it; with keepBlobs: true pull brings it again");
        assertThat(to.manifest("app", "1")).isNull();
        assertThat(sources(image.config()))
                .containsExactly("docker://" + from.server().host() + "/app");
    }

    @Test
    void damagedBlobIsNotGivenToAnybody() throws Exception {
        FakeImage image = FakeImage.gzip(source, "app", 300_000);
        Reference name = pulled("app", image);
        Path file = store.content().home(image.layers().getFirst().blob().digest());
        byte[] bytes = Files.readAllBytes(file);
        bytes[bytes.length / 2] ^= 1;
        file.toFile().setWritable(true);
        Files.write(file, bytes);

        assertThat(failure(name, to.reference("app", "1")).category()).isEqualTo(Category.MISMATCH);
        assertThat(to.manifest("app", "1")).isNull();
    }

    @Test
    void destinationWithAnotherDigestIsRefused() {
        Reference name = pulled("app", FakeImage.gzip(source, "app", 10));
        Reference other = new Reference(to.server().host(), "app", null, Digest.sha256(new byte[1]));

        assertThat(failure(name, other).category()).isEqualTo(Category.MISMATCH);
        assertThat(to.server().asked("")).isEmpty();
    }

    @Test
    void whatTheStoreDoesNotHaveIsNotFound() {
        assertThat(failure(from.reference("none", "1"), to.reference("app", "1"))
                        .category())
                .isEqualTo(Category.NOT_FOUND);
    }

    @Test
    void cancelledPushEndsItsConnectionsAndLeavesNoName() throws Exception {
        FakeImage image = FakeImage.gzip(source, "app", 900_000);
        Reference name = pulled("app", image);
        Cancellation going = new Cancellation();
        Promise<Void> never = Promise.promise();
        to.server()
                .always(
                        "PUT .*uploads",
                        Fault.stall(0, never.future())
                                .heardBy(() -> stages.context().runOnContext(now -> going.cancel())));
        Promise<Pushed> ended = Promise.promise();
        stages.context()
                .runOnContext(
                        now -> pushes.push(name, to.reference("app", "1"), Access.DEFAULT, going, PullListener.NONE)
                                .onComplete(ended));

        Failure failure =
                catchThrowableOfType(Failure.class, () -> ended.future().await(PATIENCE_S, TimeUnit.SECONDS));

        assertThat(failure.category()).isEqualTo(Category.CANCELLED);
        assertThat(to.manifest("app", "1")).isNull();
        assertThat(store.<Boolean>read(catalogue ->
                        catalogue.isWorkedOn(Node.blob(image.manifest().digest()))))
                .contains(false);
        assertThat(stages.budget().held()).isZero();
        registry.close();
        to.server().left().await(PATIENCE_S, TimeUnit.SECONDS);
    }

    @Test
    void whoListensHearsWhatIsSentAndWhatWasThere() {
        FakeImage image = FakeImage.gzip(source, "app", 10, 900_000);
        Reference name = pulled("app", image);
        to.blob(source.read(image.config(), Long.MAX_VALUE));
        Map<Digest, Long> sent = new ConcurrentHashMap<>();
        Set<Digest> cached = ConcurrentHashMap.newKeySet();
        PullListener listener = new PullListener() {
            @Override
            public void advanced(Descriptor blob, long network, long there) {
                sent.put(blob.digest(), network);
            }

            @Override
            public void cached(Descriptor blob) {
                cached.add(blob.digest());
            }
        };

        pushes.push(name, to.reference("app", "1"), Access.DEFAULT, listener);

        assertThat(cached).containsExactly(image.config().digest());
        image.layers()
                .forEach(layer -> assertThat(sent)
                        .containsEntry(layer.blob().digest(), layer.blob().size()));
    }

    @Test
    void copyBringsAllOfAnImageIndexAndKeepsNothingHere() {
        FakeImage here = FakeImage.gzip(source, "here", 900_000);
        FakeImage other = FakeImage.gzip(source, "other", 1_000);
        from.add("app", "here", source, here).add("app", "other", source, other);
        Descriptor index = FakeImage.index(
                source,
                List.of(here.manifest(), other.manifest()),
                List.of(Platform.ofThisMachine(), Platform.parse("plan9/mips")));
        from.manifest("app", "1", source.read(index, Long.MAX_VALUE));
        from.server().script("GET .*/blobs/" + here.layers().getFirst().blob().digest(), Fault.cut(600_001));

        Pushed copied = pushes.copy(
                from.reference("app", "1"),
                Access.DEFAULT,
                to.reference("copy", "1"),
                Access.DEFAULT,
                PullListener.NONE);

        assertThat(copied.image().digest()).isEqualTo(index.digest());
        assertThat(to.manifest("copy", "1")).isEqualTo(source.read(index, Long.MAX_VALUE));
        assertThere("copy", here.manifest().digest().toString(), here);
        assertThere("copy", other.manifest().digest().toString(), other);
        assertThat(store.directory()).doesNotExist();
    }

    @Test
    void copyOfWrongBytesNamesNothing() {
        FakeImage image = FakeImage.gzip(source, "app", 900_000);
        from.add("app", "1", source, image);
        from.server().always("GET .*/blobs/" + image.layers().getFirst().blob().digest(), Fault.wrongByte(700_000));

        Failure failure = catchThrowableOfType(
                Failure.class,
                () -> pushes.copy(
                        from.reference("app", "1"),
                        Access.DEFAULT,
                        to.reference("app", "1"),
                        Access.DEFAULT,
                        PullListener.NONE));

        assertThat(failure.category()).isEqualTo(Category.MISMATCH);
        assertThat(to.manifest("app", "1")).isNull();
    }

    /** Each byte that is copied within a host needs a request that reads and one that writes. */
    @Test
    void copyWithinAHostOfASingleConnectionDoesNotWaitForItself() throws Exception {
        HostOptions one = new HostOptions(List.of(), true, false, null, null, null, 1, 1, false);
        registry.close();
        registry = RegistryClient.of(
                vertx,
                new RegistryOptions(
                        Map.of(from.server().host(), one),
                        RegistryOptions.DEFAULTS.network(),
                        RegistryOptions.DEFAULTS.limits()),
                Map.of(),
                (host, repository) -> Optional.empty());
        from.add("app", "1", source, FakeImage.gzip(source, "app", 900_000, 900_001, 900_002));
        from.server().always("HEAD .*/blobs/", Fault.status(404)).always("POST .*mount", Fault.status(403));

        pushes.copy(
                from.reference("app", "1"),
                Access.DEFAULT,
                from.reference("copy", "1"),
                Access.DEFAULT,
                PullListener.NONE);

        assertThat(from.manifest("copy", "1")).isNotNull();
    }

    @Test
    void skopeoPullsFromDockerRegistryWhatWasPushed() throws Exception {
        Peers.need("docker-registry", "skopeo");
        FakeImage image = FakeImage.gzip(source, "app", 10, 900_000);
        Reference name = pulled("app", image);
        try (DockerRegistry docker = DockerRegistry.http(directory)) {
            push(name, Reference.parse(docker.host() + "/team/app:1"));
            push(name, Reference.parse(docker.host() + "/other/app:1"));

            Files.createDirectories(directory.resolve("back"));
            for (String repository : List.of("team", "other")) {
                Program.shell(
                                directory,
                                "skopeo copy -q --src-tls-verify=false docker://%s/%s/app:1 oci:back/%s:1"
                                        .formatted(docker.host(), repository, repository))
                        .succeed();
                for (Descriptor each : image.blobs()) {
                    assertThat(directory.resolve("back/" + repository + "/blobs/sha256/"
                                    + each.digest().hex()))
                            .hasBinaryContent(source.read(each, Long.MAX_VALUE));
                }
            }
        }
    }
}
