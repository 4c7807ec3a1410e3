package io.varve.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.catalogue.Catalogue;
import io.varve.catalogue.Transaction;
import io.varve.decode.DecodeLimits;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.layout.NamedImage;
import io.varve.layout.OciLayout;
import io.varve.oci.Descriptor;
import io.varve.oci.Json;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import io.varve.pipeline.LayerPull;
import io.varve.pipeline.Pull;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.TestStages;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A store that images are pulled into from a source in memory, opened as often as there are processes. */
abstract class StoreWorld {
    static final StoreOptions DEFAULTS = StoreOptions.DEFAULTS;
    static final String NAME = "docker.io/library/app:latest";

    @TempDir
    Path temporary;

    final FakeSource source = new FakeSource();
    final List<Store> opened = new ArrayList<>();
    Path directory;
    Store store;

    @BeforeEach
    void openStore() {
        directory = temporary.resolve("store");
        store = open(DEFAULTS);
    }

    @AfterEach
    void closeStores() {
        opened.forEach(Store::close);
    }

    Store open(StoreOptions options) {
        Store another = new Store(directory, options);
        opened.add(another);
        return another;
    }

    static void write(Store store, Consumer<Transaction> work) {
        store.write(
                "test",
                session -> session.write(transaction -> {
                    work.accept(transaction);
                    return true;
                }));
    }

    static void touch(Store store) {
        write(store, transaction -> {});
    }

    FakeImage pull(String content, @Nullable String name) {
        FakeImage image = FakeImage.gzip(source, content, 1_000);
        pull(store, image.manifest(), name);
        return image;
    }

    void pull(Store into, Descriptor image, @Nullable String name) {
        LayerPull flows = new LayerPull(into, DecodeLimits.DEFAULTS, 2, TestStages::get);
        new Pull(into, flows).pull(source, image, name, null, PullListener.NONE);
    }

    static Catalogue catalogue(Store store) {
        return store.catalogue().orElseThrow();
    }

    static List<String> names(Store store) {
        return catalogue(store).tags("", "", 100).stream()
                .map(tag -> tag.name())
                .toList();
    }

    List<String> namesInIndex() {
        return OciLayout.open(directory, Json.DEFAULT_LIMIT).images().stream()
                .map(NamedImage::name)
                .map(Objects::requireNonNull)
                .toList();
    }

    static Failure refused(Category category, ThrowingCallable call) {
        List<Failure> failures = new ArrayList<>();
        assertThatThrownBy(call).isInstanceOfSatisfying(Failure.class, failures::add);
        assertThat(failures.getFirst().category()).isEqualTo(category);
        return failures.getFirst();
    }
}
