package io.varve.pipeline;

import io.varve.catalogue.Catalogue;
import io.varve.catalogue.Reason;
import io.varve.decode.DecodeLimits;
import io.varve.layout.NamedImage;
import io.varve.layout.OciLayout;
import io.varve.manifest.ArtifactPlan;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Json;
import io.varve.store.Store;
import io.varve.store.StoreOptions;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A store that images and artifacts are pulled into from a source in memory, and what it knows of them. */
abstract class PullWorld {
    static final String NAME = "docker.io/library/app:latest";

    @TempDir
    Path directory;

    final FakeSource source = new FakeSource();
    Store store;
    LayerPull flows;
    Pull pull;

    @BeforeEach
    void openStore() {
        store = new Store(directory.resolve("store"), StoreOptions.DEFAULTS);
        flows = new LayerPull(store, DecodeLimits.DEFAULTS, 3, TestStages::get);
        pull = new Pull(store, flows);
    }

    @AfterEach
    void closeStore() {
        store.close();
    }

    Image pull(Descriptor image, @Nullable String name) {
        return pull.pull(source, image, name, null, PullListener.NONE);
    }

    Catalogue catalogue() {
        return store.catalogue().orElseThrow();
    }

    boolean has(Descriptor blob) {
        return store.content().find(blob.digest()).isPresent();
    }

    List<String> kept(Digest digest) {
        return catalogue().why(digest, Map.of(), Instant.now()).stream()
                .map(Reason::root)
                .toList();
    }

    Instant afterTheLease() {
        return Instant.now().plus(store.options().lease()).plusSeconds(60);
    }

    List<String> namesInIndex() {
        return OciLayout.open(store.directory(), Json.DEFAULT_LIMIT).images().stream()
                .map(NamedImage::name)
                .toList();
    }

    List<Brought> bring(Descriptor image, @Nullable String name, Platforms platforms, PullListener listener) {
        Cancellation wanted = new Cancellation();
        return Conducting.on(
                TestStages.get().context(),
                wanted,
                () -> pull.pull(new Pull.Wish(source, image, name, platforms), wanted, listener));
    }

    Brought bring(FakeArtifact artifact) {
        return bring(artifact.manifest(), NAME, Platforms.HERE, PullListener.NONE)
                .getFirst();
    }

    static byte[] noise(int bytes) {
        byte[] noise = new byte[bytes];
        new Random(bytes).nextBytes(noise);
        return noise;
    }

    /** Hears what is no image. */
    static final class Special implements PullListener {
        final List<String> artifacts = Collections.synchronizedList(new ArrayList<>());
        final List<Descriptor> skipped = Collections.synchronizedList(new ArrayList<>());

        @Override
        public void planned(String subject, ArtifactPlan plan) {
            artifacts.add(subject + " " + plan.type());
        }

        @Override
        public void skipped(String subject, Descriptor entry) {
            skipped.add(entry);
        }
    }
}
