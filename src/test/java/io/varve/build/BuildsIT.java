package io.varve.build;

import static io.varve.build.Workshop.FILE;
import static io.varve.build.Workshop.onBase;
import static io.varve.build.Workshop.onScratch;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.image.Tarball;
import io.varve.layerfs.Tree;
import io.varve.layerfs.Xattr;
import io.varve.oci.ImageConfig;
import io.varve.oci.ImageName;
import io.varve.oci.MediaType;
import io.varve.oci.Platform;
import io.varve.oci.Reference;
import io.varve.pipeline.Image;
import io.varve.pipeline.PullListener;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whole builds in a real store. */
class BuildsIT extends WorkshopWorld {
    @Test
    void sameSpecComesToTheSameDigestInEveryStore() {
        String spec = onScratch("'layers': [" + FILE + "], 'config': {'cmd': ['/bin/app'], 'env': {'A': 'b'}}");

        Built built = shop.build(spec);

        assertThat(built.unchanged()).isFalse();
        assertThat(built.image().digest().hex()).startsWith("bc495b1a41d2b47ef71161692f784b41");
        try (Workshop other = new Workshop(directory.resolve("other"), directory)) {
            assertThat(other.build(spec).image()).isEqualTo(built.image());
        }
    }

    @Test
    void buildThatWasMadeBeforeWritesNothing() throws Exception {
        String spec = onScratch("'layers': [" + FILE + "]");
        Built first = shop.build(spec);
        List<String> before = files();

        Built again = shop.build(spec);

        assertThat(again).isEqualTo(new Built(first.image(), first.tags(), true));
        assertThat(files()).isEqualTo(before);
    }

    /** With their times. */
    private List<String> files() throws Exception {
        try (Stream<Path> all = Files.walk(shop.store.directory())) {
            List<String> files = new ArrayList<>();
            for (Path each : all.filter(Files::isRegularFile)
                    .filter(file -> !file.toString().endsWith("-shm"))
                    .sorted()
                    .toList()) {
                files.add(each + " " + Files.getLastModifiedTime(each));
            }
            return files;
        }
    }

    @Test
    void whatIsRemovedOfTheBaseIsNotSeenAnyMore() {
        shop.base();

        Built built = shop.build(
                onBase("'layers': [{'remove': ['etc/passwd'], 'files': [{'path': 'etc/motd', 'text': 'x'}]}]"));

        assertThat(shop.open(built.image().digest()).layers()).hasSize(2);
        assertThat(shop.shows(built, "etc/passwd")).isFalse();
        assertThat(shop.shows(built, "etc/motd")).isTrue();
        assertThat(shop.shows(built, "bin/dash")).isTrue();
    }

    @Test
    void squashedImageHasOneLayerThatShowsTheSame() {
        shop.base();

        Built built = shop.build(onBase(
                "'squash': true, 'layers': [{'remove': ['etc/passwd']}, {'files': [{'path': 'new', 'text': 'x'}]}]"));

        assertThat(shop.open(built.image().digest()).layers()).hasSize(1);
        assertThat(shop.shows(built, "etc/passwd")).isFalse();
        assertThat(shop.shows(built, "etc")).isTrue();
        assertThat(shop.shows(built, "new")).isTrue();
        assertThat(shop.shows(built, "bin/dash")).isTrue();
        assertThat(shop.config(built).diffIds()).hasSize(1);
        assertThat(shop.config(built).history()).hasSize(1);
    }

    @Test
    void filesOfAnotherImageAreCopied() {
        shop.base();

        Built built = shop.build(onScratch(
                "'layers': [{'copyFrom': 'a.example/base:1', 'paths': [{'src': 'bin', 'dest': 'usr/bin'}]}]"));

        assertThat(shop.shows(built, "usr/bin/dash")).isTrue();
        assertThat(shop.shows(built, "etc/passwd")).isFalse();
        assertThat(shop.failure(onScratch("'layers': [{'copyFrom': 'a.example/base:1', 'paths': [{'src': 'none'}]}]")))
                .hasMessageContaining("copyFrom");
    }

    /** An index has no place for xattrs of other systems. */
    @Test
    void copiesAreTheSameWhetherOrNotTheImageHasAnIndex() throws Exception {
        Files.write(
                directory.resolve("apple.tar"),
                new Tarball()
                        .xattr("com.apple.provenance", (byte) 1)
                        .file("f", "f")
                        .bytes());
        String base = "{'from': 'scratch', 'platform': 'linux/amd64', 'tags': ['a.example/base:1'],"
                + " 'layers': [{'tar': 'apple.tar'}]}";
        String copy = onScratch("'layers': [{'copyFrom': 'a.example/base:1', 'paths': [{'src': 'f'}]}]");
        shop.build(base);
        Built built = shop.build(copy);

        try (Workshop another = new Workshop(directory.resolve("another"), directory)) {
            Image mounted = another.open(another.build(base).image().digest());
            mounted.index();
            Image afresh = mounted.afresh();
            Tree tree = afresh.tree();

            assertThat(tree.xattrs(tree.resolve("f".getBytes(StandardCharsets.US_ASCII))))
                    .containsExactly(Xattr.of("com.apple.provenance", new byte[] {1}));
            assertThat(another.build(copy).image()).isEqualTo(built.image());
        }
    }

    @Test
    void configurationIsThatOfTheBaseButForWhatIsSaid() {
        shop.base();

        ImageConfig config = shop.config(shop.build(
                onBase("'layers': [" + FILE + "], 'config': {'entrypoint': ['/app'], 'env': {'B': null, 'C': '3'}}")));

        assertThat(config.execution().env()).containsExactly("A=1", "C=3");
        assertThat(config.execution().entrypoint()).containsExactly("/app");
        assertThat(config.execution().cmd()).isNullOrEmpty();
        assertThat(config.diffIds()).hasSize(2);
        assertThat(config.history()).hasSize(2);
        assertThat(config.created()).isEqualTo(Instant.EPOCH);
    }

    @Test
    void authorIsOfTheImageAndOfWhatWasDone() {
        shop.base();

        ObjectNode config = shop.config(shop.build(onBase("'author': 'somebody', 'layers': [" + FILE + "]")))
                .toJson();

        assertThat(config.get("author").textValue()).isEqualTo("somebody");
        assertThat(config.at("/history/0/author").isMissingNode()).isTrue();
        assertThat(config.at("/history/1/author").textValue()).isEqualTo("somebody");
    }

    @ParameterizedTest
    @ValueSource(strings = {"zstd", "none"})
    void layersAreCompressedAsWanted(String compression) {
        Built built = shop.build(onScratch("'compression': '" + compression + "', 'layers': [" + FILE + "]"));
        Built gzip = shop.build("{'from': 'scratch', 'platform': 'linux/amd64', 'layers': [" + FILE + "]}");

        assertThat(built.image()).isNotEqualTo(gzip.image());
        assertThat(shop.config(built).diffIds()).isEqualTo(shop.config(gzip).diffIds());
        assertThat(shop.verify()).isEmpty();
    }

    @Test
    void severalPlatformsBecomeAnImageIndex() {
        Built built = shop.build("{'from': 'scratch', 'platforms': ['linux/amd64', 'linux/arm64'],"
                + " 'tags': ['a.example/app:1'], 'layers': [" + FILE + "]}");

        assertThat(built.image().mediaType()).isEqualTo(MediaType.Known.OCI_INDEX);
        ImageName name = Reference.normalized("a.example/app:1");
        for (String platform : List.of("linux/amd64", "linux/arm64")) {
            assertThat(shop.images
                            .open(name, Platform.parse(platform), PullListener.NONE)
                            .plan()
                            .config()
                            .platform())
                    .isEqualTo(Platform.parse(platform));
        }
        assertThat(shop.verify()).isEmpty();
    }

    @Test
    void refusesBaseThatIsMissing() {
        Failure failure = shop.failure("{'from': 'a.example/none:1', 'layers': [" + FILE + "]}");

        assertThat(failure.category()).isEqualTo(Category.NOT_FOUND);
        assertThat(failure).hasMessageContaining("from a.example/none:1");
        shop.assertEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 511, 512, 700, 1100, 100_000})
    void tarThatIsCutOffLeavesNothing(int length) throws Exception {
        byte[] tar = new Tarball().file("a", "a".repeat(100_000)).bytes();
        Files.write(directory.resolve("cut.tar"), Arrays.copyOf(tar, length));

        Failure failure = shop.failure(onScratch("'layers': [" + FILE + ", {'tar': 'cut.tar'}]"));

        assertThat(failure.category()).isEqualTo(Category.INVALID);
        assertThat(failure).hasMessageContaining("layers[1]");
        shop.assertEmpty();
    }

    @Test
    void tarOfTheMachineIsALayer() throws Exception {
        Files.write(
                directory.resolve("app.tar"),
                new Tarball().dir("srv").file("srv/app", "app").bytes());

        assertThat(shop.shows(shop.build(onScratch("'layers': [{'tar': 'app.tar'}]")), "srv/app"))
                .isTrue();
    }

    @Test
    void hiddenFilesAreCopiedByTheirNames() {
        shop.build("{'from': 'scratch', 'platform': 'linux/amd64', 'tags': ['a.example/base:1'], 'layers': ["
                + "{'files': [{'path': 'app/.env', 'text': 'x'}, {'path': 'opt/.config/..data', 'text': 'y'}]}]}");

        Built built = shop.build(
                onScratch(
                        "'layers': [{'copyFrom': 'a.example/base:1', 'paths': ["
                                + "{'src': '/app/.env'}, {'src': './opt//.config', 'dest': '/home/.config'}, {'src': 'app/.env', 'dest': '/'}]}]"));

        assertThat(List.of("app/.env", "home/.config/..data", ".env"))
                .allSatisfy(path -> assertThat(shop.shows(built, path)).as(path).isTrue());
    }

    @Test
    void squashedImagesOfSeveralPlatformsShareTheirLayer() {
        Built built = shop.build("{'from': 'scratch', 'platforms': ['linux/amd64', 'linux/arm64'], 'squash': true,"
                + " 'tags': ['a.example/app:1'], 'layers': [" + FILE + ", {'remove': ['etc/motd']}]}");

        assertThat(built.image().mediaType()).isEqualTo(MediaType.Known.OCI_INDEX);
        assertThat(shop.verify()).isEmpty();
    }
}
