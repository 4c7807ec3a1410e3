package io.varve.bundle;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.varve.decode.DecodeLimits;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.image.Rootfs;
import io.varve.image.Tarball;
import io.varve.os.FilesAt;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import io.varve.pipeline.Image;
import io.varve.pipeline.LayerPull;
import io.varve.pipeline.Pull;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.TestStages;
import io.varve.store.Store;
import io.varve.store.StoreOptions;
import io.varve.view.View;
import io.varve.view.ViewOptions;
import io.varve.view.Views;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.AbstractList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Directories that bundles are made in, and who else is there. */
class BundlesIT {
    @TempDir
    Path directory;

    private Store store;
    private Views views;
    private Rootfs rootfs;
    private Bundles bundles;
    private Image image;
    private Path box;

    @BeforeEach
    void imageInAStore() throws Exception {
        assumeTrue(FilesAt.user() == 0, "mounting needs root");
        assumeTrue(Files.readString(Path.of("/proc/filesystems")).contains("erofs"), "the kernel has EROFS");
        store = new Store(directory.resolve("store"), StoreOptions.DEFAULTS);
        views = new Views(directory.resolve("store/views"));
        rootfs = new Rootfs(views, directory.resolve("store/rootfs"));
        bundles = new Bundles(rootfs, 1);
        FakeSource source = new FakeSource();
        FakeImage fake = FakeImage.of(
                source,
                FakeImage.gzipLayer(source, new Tarball().file("hello", "world").bytes()));
        image = new Pull(store, new LayerPull(store, DecodeLimits.DEFAULTS, 1, TestStages::get))
                .pull(source, fake.manifest(), null, null, PullListener.NONE);
        box = directory.resolve("box");
    }

    @AfterEach
    void unmountEverything() {
        if (store != null) {
            for (View view : views.mounted()) {
                views.unmount(view.directory());
            }
            store.close();
        }
    }

    private static BundleOptions options(BundleOptions.Root root, List<String> env) {
        return new BundleOptions(root, List.of("/hello"), env, null, false, "image");
    }

    /** Options of files, which are asked for what to run when the directory is taken and nothing else has been done. */
    private static BundleOptions filesAnd(Runnable meanwhile) {
        return options(BundleOptions.Root.UNPACKED, new AbstractList<>() {
            @Override
            public String get(int index) {
                throw new IndexOutOfBoundsException(index);
            }

            @Override
            public int size() {
                return 0;
            }

            @Override
            public Iterator<String> iterator() {
                meanwhile.run();
                return super.iterator();
            }
        });
    }

    private static void assertConflict(Throwable thrown, String saying) {
        assertThat(thrown).isInstanceOfSatisfying(Failure.class, failure -> {
            assertThat(failure.category()).isEqualTo(Category.CONFLICT);
            assertThat(failure.getMessage()).contains(saying);
        });
    }

    @Test
    void whoComesSecondIsRefusedAndTheFirstGoesOn() {
        AtomicReference<Throwable> second = new AtomicReference<>();

        bundles.create(
                image,
                box,
                filesAnd(() -> second.set(catchThrowable(
                        () -> bundles.create(image, box, options(BundleOptions.Root.WRITABLE, List.of()))))));

        assertConflict(second.get(), "box: somebody else makes a bundle there");
        assertThat(box).isDirectoryContaining("glob:**/config.json").isDirectoryContaining("glob:**/rootfs");
        assertThat(box.resolve("rootfs/hello")).hasContent("world");
        assertThat(views.mounted()).isEmpty();
    }

    @Test
    void whatOthersHaveMadeThereIsNotTakenBack() throws Exception {
        Path theirs = box.resolve("rootfs");
        Runnable mounting = () -> rootfs.mount(image, theirs, ViewOptions.READ_ONLY);

        assertConflict(catchThrowable(() -> bundles.create(image, box, filesAnd(mounting))), "rootfs");

        assertThat(views.mounted()).extracting(View::directory).containsExactly(theirs);
        assertThat(box.resolve("config.json.new")).doesNotExist();
        assertThat(box.resolve("config.json")).doesNotExist();
        assertConflict(
                catchThrowable(() -> bundles.create(image, box, options(BundleOptions.Root.WRITABLE, List.of()))),
                "box: it is not empty");
        assertThat(theirs.resolve("hello")).hasContent("world");
    }

    @Test
    void whatFailsLeavesAnEmptyDirectoryEmptyAndNoOther() throws Exception {
        BundleOptions broken = options(BundleOptions.Root.WRITABLE, List.of("novalue"));

        assertThatThrownBy(() -> bundles.create(image, box, broken)).hasMessageContaining("got novalue");
        assertThat(box).doesNotExist();

        Files.createDirectory(box);
        assertThatThrownBy(() -> bundles.create(image, box, broken)).hasMessageContaining("got novalue");
        assertThat(box).isEmptyDirectory();
        assertThat(views.mounted()).isEmpty();
    }

    @Test
    void bundleOfTheStoreGoesWithItsRoot() throws Exception {
        Path place = directory.resolve("store/rootfs");

        View view = bundles.create(image, options(BundleOptions.Root.WRITABLE, List.of()));

        Path bundle = view.directory().resolve("..").normalize();
        assertThat(mode(bundle)).isEqualTo("rwx------");
        assertThat(mode(bundle.resolve("config.json"))).isEqualTo("rw-------");
        Files.createDirectories(bundle.resolve("of/a/runtime"));
        rootfs.remove(view.id());
        assertThat(place).isEmptyDirectory();

        assertThatThrownBy(() -> bundles.create(image, options(BundleOptions.Root.READ_ONLY, List.of("novalue"))))
                .hasMessageContaining("got novalue");
        assertThat(place).isEmptyDirectory();
        assertThat(views.mounted()).isEmpty();
    }

    /** Its files may be setuid programs and devices that work, and its configuration may hold secrets. */
    @ParameterizedTest
    @EnumSource(BundleOptions.Root.class)
    void bundleIsForItsOwnerAlone(BundleOptions.Root root) throws Exception {
        bundles.create(image, box, options(root, List.of("TOKEN=secret")));
        assertThat(mode(box)).isEqualTo("rwx------");
        assertThat(mode(box.resolve("config.json"))).isEqualTo("rw-------");

        Path open = Files.createDirectory(directory.resolve("open"));
        Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxr-x--x"));
        bundles.create(image, open, options(root, List.of()));
        assertThat(mode(open)).isEqualTo("rwx------");
    }

    @Test
    void directoryOfABundleThatFailsIsAsOpenAsBefore() throws Exception {
        Files.createDirectory(box);
        Files.setPosixFilePermissions(box, PosixFilePermissions.fromString("rwxr-x--x"));
        AtomicReference<String> meanwhile = new AtomicReference<>();

        assertThatThrownBy(() -> bundles.create(image, box, filesAnd(() -> {
                    meanwhile.set(mode(box));
                    throw Failure.invalid("stopped");
                })))
                .hasMessageContaining("stopped");

        assertThat(meanwhile.get()).isEqualTo("rwx------");
        assertThat(mode(box)).isEqualTo("rwxr-x--x");
        assertThat(box).isEmptyDirectory();
    }

    private static String mode(Path path) {
        try {
            return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
