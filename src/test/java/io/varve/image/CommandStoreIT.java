package io.varve.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.catalogue.Catalogue;
import io.varve.layout.LayoutWriter;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.varve.oci.ImageConfig;
import io.varve.oci.Index;
import io.varve.oci.Json;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.oci.Platform;
import io.varve.store.Store;
import io.varve.store.StoreOptions;
import io.varve.view.Views;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The store as users of the built command meet it: what comes in, what is there, what goes, and what others read of it. */
// Longer than all others, so that its tests are shared out; what they have in common nobody changes.
@Execution(ExecutionMode.CONCURRENT)
class CommandStoreIT {
    private static final Tarball BASE =
            new Tarball().dir("etc").file("etc/base", "base").file("gone", "gone");
    private static final Tarball TOP = new Tarball().whiteout("gone").file("etc/app", "app");
    private static final String APP = "docker.io/library/app:latest";
    private static final String BASE_NAME = "registry.example/team/base:1.0";
    private static final String DOCKER = "docker.io/library/docker:v2";

    @TempDir
    static Path layouts;

    @TempDir
    Path directory;

    private static String several;
    private static String archive;
    private static Descriptor app;
    private static Descriptor base;
    private static Descriptor docker;
    private static Descriptor nameless;

    // What a command has pulled of several, and of several and the archive: stores to be copied.
    private static Path severalPulled;
    private static Path allPulled;

    private Varve varve;

    @BeforeAll
    static void writeImages() throws IOException, InterruptedException {
        Peers.command();
        LayoutWriter layout = LayoutWriter.create(layouts.resolve("several"));
        app = image(layout, MediaType.Known.OCI_MANIFEST, BASE, TOP);
        base = image(layout, MediaType.Known.OCI_MANIFEST, BASE);
        docker = image(layout, MediaType.Known.DOCKER_MANIFEST, BASE, TOP);
        layout.tag("app", app);
        layout.tag(BASE_NAME, base);
        layout.tag("docker:v2", docker);
        several = "oci:" + layouts.resolve("several");

        LayoutWriter single = LayoutWriter.create(layouts.resolve("single"));
        nameless = image(single, MediaType.Known.OCI_MANIFEST, new Tarball().file("alone", "alone"));
        Files.write(
                layouts.resolve("single/index.json"),
                Index.of(List.of(nameless)).bytes());
        new Program(layouts, "tar", "-cf", "single.tar", "-C", "single", ".").succeed();
        archive = "oci-archive:" + layouts.resolve("single.tar");

        Varve first = new Varve(Files.createDirectory(layouts.resolve("first")));
        first.quiet("pull", several);
        severalPulled = first.store();
        Varve second = new Varve(Files.createDirectory(layouts.resolve("second")));
        second.quiet("pull", several, archive);
        allPulled = second.store();
    }

    private static Descriptor image(LayoutWriter layout, MediaType format, Tarball... tars) throws IOException {
        List<Descriptor> blobs = new ArrayList<>();
        List<Digest> diffIds = new ArrayList<>();
        boolean oci = format == MediaType.Known.OCI_MANIFEST;
        for (Tarball tar : tars) {
            MediaType label = oci ? MediaType.Known.OCI_LAYER_GZIP : MediaType.Known.DOCKER_LAYER_GZIP;
            blobs.add(layout.write(label, LayoutImage.gzipped(tar.bytes())));
            diffIds.add(Digest.sha256(tar.bytes()));
        }
        Descriptor config = layout.write(
                oci ? MediaType.Known.OCI_CONFIG : MediaType.Known.DOCKER_CONFIG,
                ImageConfig.of(Platform.ofThisMachine(), diffIds).bytes());
        byte[] manifest = Json.write(Manifest.of(config, blobs).toJson().put("mediaType", format.toString()));
        assertThat(Document.parse(manifest, Json.DEFAULT_LIMIT).mediaType()).isEqualTo(format);
        return layout.write(format, manifest);
    }

    @BeforeEach
    void emptyStore() {
        varve = new Varve(directory);
    }

    /** For tests that begin where a pull has ended. */
    private void begin(Path pulled) throws IOException, InterruptedException {
        Program.shell(directory, "cp -a " + pulled + " " + varve.store()).succeed();
    }

    /** Of all images in the store, as {@code images} has them; "null" for those without one. */
    private List<String> names() {
        try (Store store = new Store(varve.store(), StoreOptions.DEFAULTS)) {
            return store.read(Catalogue::images).orElse(List.of()).stream()
                    .map(image -> String.valueOf(image.name()))
                    .toList();
        }
    }

    private static String lines(Object... each) {
        StringBuilder lines = new StringBuilder();
        Stream.of(each).forEach(line -> lines.append(line).append('\n'));
        return lines.toString();
    }

    @Test
    void pullsAllImagesOfSeveralPlacesAndListsThem() throws IOException, InterruptedException {
        Program.Ran ran = varve.run("pull", several, archive);
        assertThat(ran.out()).isEqualTo(lines(app.digest(), base.digest(), docker.digest(), nameless.digest()));
        assertThat(ran.code()).isZero();
        assertThat(ran.err()).hasLineCount(3).contains(" assembled in ");
        assertThat(varve.run("pull", several, archive))
                .satisfies(again -> assertThat(again.out()).isEqualTo(ran.out()))
                .satisfies(again -> assertThat(again.err()).isEmpty());

        assertThat(varve.quiet("images").lines())
                .satisfiesExactly(
                        line -> assertThat(line).matches("NAME +DIGEST +PLATFORM +BLOBS +TARS +PULLED"),
                        line -> assertThat(line).startsWith("app:latest ").contains(shortened(app), "ago"),
                        line -> assertThat(line).startsWith("docker:v2 ").contains(shortened(docker)),
                        line -> assertThat(line).startsWith(BASE_NAME + " ").contains(shortened(base)),
                        line -> assertThat(line).startsWith("<none> ").contains(shortened(nameless)));

        JsonNode images = varve.images();
        assertThat(names()).containsExactly(APP, DOCKER, BASE_NAME, "null");
        assertThat(images.get(3).get("name").isNull()).isTrue();
        for (JsonNode image : images) {
            assertThat(image.properties())
                    .extracting(Map.Entry::getKey)
                    .containsExactly(
                            "name",
                            "digest",
                            "mediaType",
                            "platforms",
                            "artifact",
                            "blobBytes",
                            "tarBytes",
                            "updated",
                            "used");
            assertThat(image.get("artifact").booleanValue()).isFalse();
            assertThat(image.get("platforms"))
                    .hasSize(1)
                    .allMatch(each ->
                            each.asText().equals(Platform.ofThisMachine().toString()));
        }
        assertThat(images.get(1).get("mediaType").asText()).isEqualTo(MediaType.Known.DOCKER_MANIFEST.toString());
        assertThat(images.get(1).get("digest").asText())
                .isEqualTo(docker.digest().toString());
        assertThat(images.get(0).get("tarBytes").asLong()).isEqualTo(BASE.bytes().length + TOP.bytes().length);
        assertThat(images.get(0).get("blobBytes").asLong())
                .isGreaterThan(app.size()
                        + LayoutImage.gzipped(BASE.bytes()).length
                        + LayoutImage.gzipped(TOP.bytes()).length);
        varve.assertStoreIsClean();
    }

    private static String shortened(Descriptor image) {
        return " " + image.digest().hex().substring(0, 12) + " ";
    }

    @Test
    void imagesAreReadByTheirNamesWithoutWhereTheyCameFrom() throws IOException, InterruptedException {
        Program.shell(directory, "cp -r " + layouts.resolve("several") + " here")
                .succeed();
        varve.quiet("pull", "oci:here");
        Program.shell(directory, "rm -r here").succeed();

        for (String name :
                List.of("app", "index.docker.io/library/app", app.digest().hex())) {
            assertThat(varve.quiet("ls", "-R", name)).as(name).isEqualTo(lines("etc", "etc/app", "etc/base"));
        }
        assertThat(varve.quiet("cat", BASE_NAME, "/gone")).isEqualTo("gone");
        assertThat(varve.quiet("cat", "docker:v2", "/etc/app")).isEqualTo("app");
        assertThat(varve.quiet("inspect", "app"))
                .contains("Reference   app\n", "Digest      " + app.digest() + "\n", "Layer 2 ");
        JsonNode json = Varve.json(varve.quiet("inspect", "--json", "docker:v2"));
        assertThat(json.get("digest").asText()).isEqualTo(docker.digest().toString());
        assertThat(json.at("/manifest/mediaType").asText()).isEqualTo(MediaType.Known.DOCKER_MANIFEST.toString());
        varve.quiet("unpack", "--rootless", "app", "out");
        assertThat(directory.resolve("out/etc/app")).hasContent("app");
        Varve.assertFailed(varve.run("ls", "missing"), 1, "NotFound", "got no image docker.io/library/missing");
        Varve.assertFailed(varve.run("ls", "--platform", "windows/s390x", "app"), 1, "NotFound", "windows/s390x");
    }

    @Test
    void emptyStoreHasNoImagesAndIsNotMadeByLooking() throws IOException, InterruptedException {
        assertThat(varve.quiet("images")).hasLineCount(1);
        assertThat(varve.images()).isEmpty();
        assertThat(varve.quiet("gc", "--dry-run")).isEqualTo("0\n");
        Varve.assertFailed(varve.run("why", app.digest().toString()), 1, "NotFound", "got nothing with digest");
        assertThat(varve.store()).doesNotExist();
    }

    @Test
    void oneImageCanBeGivenAName() throws IOException, InterruptedException {
        assertThat(varve.quiet("pull", "-t", "mine", several + ":app")).isEqualTo(lines(app.digest()));
        assertThat(varve.quiet("pull", "--tag", "registry.example/x:2", archive))
                .isEqualTo(lines(nameless.digest()));
        assertThat(varve.quiet("pull", several + "@" + base.digest())).isEqualTo(lines(base.digest()));

        assertThat(names()).containsExactly("docker.io/library/mine:latest", BASE_NAME, "registry.example/x:2");

        Varve.assertFailed(varve.run("pull", "-t", "mine", several), 1, "Invalid", "got 3 images, wanted one");
        Varve.assertFailed(
                varve.run("pull", "-t", "x@" + app.digest(), several + ":app"), 1, "Invalid", "without a digest");
        Varve.assertFailed(varve.run("pull", "App"), 1, "Invalid", "wanted the repository in lower case");
        Varve.assertFailed(varve.run("pull", several + ":none"), 1, "NotFound", "none", "app");
        assertThat(varve.run("pull").code()).isEqualTo(2);
        assertThat(names()).hasSize(3);
    }

    @Test
    void tagsAreGivenAndTakenAllOrNone() throws IOException, InterruptedException {
        begin(allPulled);

        assertThat(varve.quiet("tag", "app", "registry.example/new")).isEqualTo("registry.example/new:latest\n");
        assertThat(varve.quiet("tag", nameless.digest().toString(), "found:1"))
                .isEqualTo("docker.io/library/found:1\n");
        assertThat(names())
                .containsExactly(APP, DOCKER, "docker.io/library/found:1", "registry.example/new:latest", BASE_NAME);
        Varve.assertFailed(varve.run("tag", "missing", "x"), 1, "NotFound", "missing");
        Varve.assertFailed(varve.run("tag", "app", "x@" + app.digest()), 1, "Invalid", "without a digest");

        Varve.assertFailed(varve.run("rm", "docker:v2", "missing"), 1, "NotFound", "missing");
        Varve.assertFailed(
                varve.run("rm", "docker:v2", app.digest().toString()),
                1,
                "Conflict",
                "several names: " + APP + ", registry.example/new:latest");
        assertThat(names()).hasSize(5);
        assertThat(varve.quiet("rm", "app", "docker:v2", base.digest().toString()))
                .isEqualTo(lines(APP, DOCKER, BASE_NAME));
        assertThat(names()).containsExactly("docker.io/library/found:1", "registry.example/new:latest");
        assertThat(varve.quiet("tag", "found:1", "registry.example/new")).isNotEmpty();
        assertThat(names()).containsExactly("docker.io/library/found:1", "registry.example/new:latest");
        assertThat(varve.images().get(1).get("digest").asText())
                .isEqualTo(nameless.digest().toString());
    }

    @Test
    void collectsWhatNoNameNeedsAndSaysWhyTheRestStays() throws IOException, InterruptedException {
        begin(allPulled);
        Digest shared = Digest.sha256(BASE.bytes());
        Digest top = Digest.sha256(TOP.bytes());
        assertThat(varve.quiet("why", app.digest().toString()))
                .isEqualTo("tag " + APP + "\n  → blob " + app.digest() + "\n");
        assertThat(varve.quiet("why", shared.toString()))
                .contains("tag " + APP + "\n", "tag " + DOCKER + "\n", "tag " + BASE_NAME + "\n")
                .contains("    → layer " + shared + "\n");
        assertThat(varve.quiet("why", nameless.digest().toString())).startsWith("lease until ");
        varve.quiet("rm", "app", "docker:v2", nameless.digest().toString());
        long before = varve.bytesThere();

        Program.Ran preview = varve.run("gc", "--dry-run");
        assertThat(preview.err().lines()).allMatch(line -> line.startsWith("would remove "));
        assertThat(varve.bytesThere()).isEqualTo(before);
        Program.Ran ran = varve.run("gc");

        assertThat(ran.code()).isZero();
        assertThat(ran.out()).isEqualTo(preview.out()).isEqualTo(lines(before - varve.bytesThere()));
        assertThat(ran.err().lines())
                .allMatch(line -> line.matches("removed (blob|layer|index) sha256:[0-9a-f]{64}"))
                .contains("removed layer " + top, "removed blob " + app.digest(), "removed blob " + nameless.digest());
        assertThat(varve.store().resolve("layers/sha256").toFile().list()).containsExactly(shared.hex());
        assertThat(varve.quiet("cat", BASE_NAME, "/gone")).isEqualTo("gone");
        assertThat(varve.quiet("gc")).isEqualTo("0\n");
        Varve.assertFailed(varve.run("why", top.toString()), 1, "NotFound", top.toString());
        Varve.assertFailed(varve.run("ls", "app"), 1, "NotFound", APP.replace(":latest", ""));
    }

    @Test
    void whatIsNoLongerKeptTakesNothingFromAnotherImageWithoutAName() throws IOException, InterruptedException {
        LayoutWriter layout = LayoutWriter.create(directory.resolve("two"));
        Descriptor one = image(layout, MediaType.Known.OCI_MANIFEST, BASE);
        Descriptor two = image(layout, MediaType.Known.OCI_MANIFEST, BASE, TOP);
        Files.write(
                directory.resolve("two/index.json"), Index.of(List.of(one, two)).bytes());
        varve.quiet("pull", "oci:two");

        assertThat(varve.quiet("rm", one.digest().toString())).isEqualTo(lines(one.digest()));
        varve.quiet("gc");

        Varve.assertFailed(
                varve.run("ls", one.digest().toString()),
                1,
                "NotFound",
                one.digest().toString());
        assertThat(varve.quiet("ls", "-R", two.digest().toString())).isEqualTo(lines("etc", "etc/app", "etc/base"));
        varve.quiet("rm", two.digest().toString());
        varve.quiet("gc");
        assertThat(varve.bytesThere()).isZero();
    }

    @Test
    void mountedImageStaysWithoutItsName() throws IOException, InterruptedException {
        Peers.needKernelMounts();
        varve.quiet("pull", several + ":app");
        varve.quiet("mount", "app", "at");
        try {
            varve.quiet("rm", "app");
            assertThat(Long.parseLong(varve.quiet("gc").strip())).isPositive();

            assertThat(directory.resolve("at/etc/app")).hasContent("app");
            assertThat(varve.quiet("why", Digest.sha256(TOP.bytes()).toString()))
                    .startsWith("view " + directory.resolve("at") + "\n  → index ");
        } finally {
            new Views(varve.store().resolve("views")).unmount(directory.resolve("at"));
        }
        varve.quiet("gc");
        assertThat(varve.bytesThere()).isZero();
    }

    @Test
    void failureOfOneImageStopsNoOther() throws IOException, InterruptedException {
        Program.shell(directory, "cp -r " + layouts.resolve("several") + " broken")
                .succeed();
        Files.delete(directory.resolve("broken/blobs/sha256/"
                + Digest.sha256(LayoutImage.gzipped(TOP.bytes())).hex()));

        Program.Ran one = varve.run("-q", "pull", "oci:broken:app", archive);
        assertThat(one.code()).isEqualTo(1);
        assertThat(one.out()).isEqualTo(lines(nameless.digest()));
        assertThat(one.err()).hasLineCount(1).startsWith("varve: NotFound: oci:broken:app: blob sha256:");

        Program.Ran two = varve.run("-q", "pull", "oci:broken");
        assertThat(two.code()).isEqualTo(1);
        assertThat(two.out()).isEqualTo(lines(base.digest()));
        assertThat(two.err().lines())
                .satisfiesExactly(
                        line -> assertThat(line).startsWith("varve: NotFound: oci:broken:app: blob sha256:"),
                        line -> assertThat(line).startsWith("varve: NotFound: oci:broken:docker:v2: blob sha256:"),
                        line -> assertThat(line).isEqualTo("varve: NotFound: pull: 2 of 3 images failed"));
        assertThat(names()).containsExactly(BASE_NAME, "null");

        varve.quiet("pull", several);
        assertThat(names()).contains(APP, DOCKER);
    }

    @Test
    void ofAMultiPlatformImageOnlyOneIsPulledAndItsIndexIsTheImage() throws IOException, InterruptedException {
        LayoutWriter layout = LayoutWriter.create(directory.resolve("multi"));
        Descriptor ours = image(layout, MediaType.Known.OCI_MANIFEST, BASE);
        byte[] never = "{\"schemaVersion\": 2}".getBytes(UTF_8);
        Descriptor other = Descriptor.of(MediaType.Known.OCI_MANIFEST, Digest.sha256(never), never.length);
        ObjectNode json = Index.of(List.of(other, ours)).toJson();
        List<Platform> platforms = List.of(Platform.parse("linux/s390x"), Platform.ofThisMachine());
        for (int i = 0; i < 2; i++) {
            ((ObjectNode) json.get("manifests").get(i))
                    .putObject("platform")
                    .put("os", platforms.get(i).os())
                    .put("architecture", platforms.get(i).architecture());
        }
        Descriptor index = layout.write(MediaType.Known.OCI_INDEX, Json.write(json));
        layout.tag("multi", index);

        assertThat(varve.quiet("pull", "oci:multi")).isEqualTo(lines(index.digest()));

        JsonNode image = varve.images().get(0);
        assertThat(image.get("digest").asText()).isEqualTo(index.digest().toString());
        assertThat(image.get("platforms")).hasSize(1);
        assertThat(varve.quiet("ls", "multi")).contains("etc");
        Varve.assertFailed(
                varve.run("ls", "--platform", "linux/s390x", "multi"),
                1,
                "NotFound",
                other.digest().hex());
        Peers.need("skopeo");
        assertThat(skopeo("inspect", "--raw", of("docker.io/library/multi:latest")))
                .isEqualTo(Json.text(json));
        assertThat(Varve.json(skopeo("inspect", of("docker.io/library/multi:latest")))
                        .get("Layers"))
                .hasSize(1);
    }

    @Test
    void pullsAtOnceAllSucceed() throws IOException, InterruptedException {
        Program.Running first = varve.program("-q", "pull", several).start();
        Program.Running second =
                varve.program("-q", "pull", archive, several + ":app").start();

        for (Program.Running running : List.of(first, second)) {
            Program.Ran ran = running.end();
            assertThat(ran.err()).isEmpty();
            assertThat(ran.code()).isZero();
        }
        assertThat(names()).containsExactly(APP, DOCKER, BASE_NAME, "null");
        varve.assertStoreIsClean();
    }

    @ParameterizedTest
    @ValueSource(strings = {"pull ARCHIVE", "tag app x", "rm app", "gc"})
    void heldStoreIsCodeThreeAndNamesItsHolder(String command) throws IOException, InterruptedException {
        begin(severalPulled);
        String[] words = command.replace("ARCHIVE", archive).split(" ", -1);
        List<Program.Ran> ran = new ArrayList<>();
        try (Store store = new Store(varve.store(), StoreOptions.DEFAULTS)) {
            store.write("in the way", session -> {
                try {
                    ran.add(varve.program(words).with("VARVE_LOCK_WAIT", "1s").run());
                    if (command.equals("gc")) {
                        assertThat(varve.images()).hasSize(3);
                        assertThat(varve.quiet("cat", "app", "/etc/app")).isEqualTo("app");
                        assertThat(varve.quiet("gc", "--dry-run")).isEqualTo("0\n");
                    }
                    return true;
                } catch (IOException | InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
        }

        Varve.assertFailed(
                ran.getFirst(),
                3,
                "Unavailable",
                "store " + varve.store(),
                "held by process " + ProcessHandle.current().pid() + " (in the way) since ",
                "waited 1 s (lockWait)");
    }

    @Test
    void storeThatCannotBeWrittenToIsReadAllTheSame() throws IOException, InterruptedException {
        Peers.need("unshare", "mount");
        Peers.needRoot();
        begin(severalPulled);
        String there = "%s -q --store %s ".formatted(Peers.command(), varve.store());
        String script = String.join(
                "\n",
                "mount --make-rprivate /",
                "mount --bind store store",
                "mount -o remount,bind,ro store",
                "! touch store/x 2> /dev/null",
                there + "images --json",
                there + "ls app /etc",
                there + "cat app /etc/app",
                there + "inspect --json app > /dev/null",
                there + "gc --dry-run",
                there + "mounts",
                there + "why " + app.digest(),
                "! " + there + "tag app y");
        Program.Ran ran = new Program(directory, "unshare", "-m", "bash", "-ec", script).run();

        assertThat(ran.err())
                .hasLineCount(1)
                .startsWith("varve: Unavailable: store ")
                .contains("read-only");
        assertThat(ran.code()).isZero();
        assertThat(ran.out())
                .startsWith("[\n")
                .contains(APP, "app\nbase\n", "app0\n")
                .endsWith("  → blob " + app.digest() + "\n");
    }

    private String of(String name) {
        return "oci:" + varve.store() + ":" + name;
    }

    private String skopeo(String... words) throws IOException, InterruptedException {
        List<String> all = new ArrayList<>(List.of("skopeo", "--insecure-policy"));
        all.addAll(List.of(words));
        return new Program(directory, all.toArray(String[]::new)).succeed();
    }

    @Test
    void skopeoReadsOutOfTheStoreWhatIsOfItsFormat() throws IOException, InterruptedException {
        Peers.need("skopeo");
        begin(allPulled);

        JsonNode seen = Varve.json(skopeo("inspect", of(APP)));
        assertThat(seen.get("Digest").asText()).isEqualTo(app.digest().toString());
        assertThat(seen.get("Layers")).hasSize(2);
        skopeo("copy", "--quiet", of(BASE_NAME), "dir:copied");
        assertThat(directory.resolve("copied/manifest.json"))
                .hasBinaryContent(Files.readAllBytes(
                        layouts.resolve("several/blobs/sha256/" + base.digest().hex())));
        skopeo("copy", "--quiet", of(APP), "oci:copied-layout:app");
        assertThat(new Varve(Files.createDirectory(directory.resolve("other")))
                        .quiet("ls", "-R", "oci:" + directory.resolve("copied-layout")))
                .isEqualTo(lines("etc", "etc/app", "etc/base"));

        // It takes no manifest of Docker's out of a layout, and says that there is none of that name.
        Program.Ran refused = new Program(directory, "skopeo", "inspect", of(DOCKER)).run();
        assertThat(refused.code()).isNotZero();
        assertThat(refused.err()).contains("no descriptor found for reference");
    }

    @Test
    void umociReadsOutOfTheStoreWhatIsOfItsFormat() throws IOException, InterruptedException {
        Peers.need("umoci");
        Peers.needRoot();
        begin(allPulled);
        String there = "store:";

        assertThat(new Program(directory, "umoci", "ls", "--layout", "store").succeed())
                .isEqualTo(lines(APP, DOCKER, BASE_NAME));
        assertThat(Varve.json(new Program(directory, "umoci", "stat", "--json", "--image", there + APP).succeed())
                        .get("history"))
                .isNotNull();
        new Program(directory, "umoci", "raw", "unpack", "--image", there + APP, "theirs").succeed();
        new Stack(directory.resolve("ours")).pull(of(APP)).assertSameAs(directory.resolve("theirs"));

        // Of Docker's it knows the name and nothing else.
        Program.Ran refused =
                new Program(directory, "umoci", "raw", "unpack", "--image", there + DOCKER, "never").run();
        assertThat(refused.code()).isNotZero();
        assertThat(refused.err() + refused.out())
                .contains("not implemented", MediaType.Known.DOCKER_MANIFEST.toString());
    }

    @Test
    void allPlatformsAreBroughtListedReadAndRemoved() throws IOException, InterruptedException {
        LayoutWriter layout = LayoutWriter.create(directory.resolve("multi"));
        Descriptor chart = Chart.write(layout);
        ObjectNode index = Index.of(List.of(app, base, chart)).toJson();
        Program.shell(directory, "cp -rn " + layouts.resolve("several/blobs") + " multi/")
                .succeed();
        List<String> platforms = List.of("linux/s390x", "linux/riscv64");
        for (int i = 0; i < platforms.size(); i++) {
            Platform platform = Platform.parse(platforms.get(i));
            ((ObjectNode) index.at("/manifests/" + i))
                    .putObject("platform")
                    .put("os", platform.os())
                    .put("architecture", platform.architecture());
        }
        layout.tag("multi", layout.write(MediaType.Known.OCI_INDEX, Json.write(index)));
        Varve.assertFailed(
                varve.run("pull", "--platform", "windows/amd64", "oci:multi"),
                1,
                "NotFound",
                "image for windows/amd64: got linux/s390x, linux/riscv64");
        Varve.assertFailed(
                varve.run("pull", "--platform", "linux/s390x", "--all-platforms", "oci:multi"),
                1,
                "Invalid",
                "wanted one of them");

        Program.Ran ran = varve.run("pull", "--all-platforms", "oci:multi");

        assertThat(ran.code()).isZero();
        assertThat(ran.err().lines())
                .contains("skipped of docker.io/library/multi:latest: " + chart + ", which is no image")
                .filteredOn(line -> line.startsWith("layer "))
                .as("the base is shared")
                .hasSize(2);
        assertThat(varve.quiet("images")).contains(" linux/riscv64,linux/s390x ");
        assertThat(varve.quiet("ls", "-R", "--platform", "linux/s390x", "multi"))
                .isEqualTo(lines("etc", "etc/app", "etc/base"));
        assertThat(varve.quiet("ls", "-R", "--platform", "linux/riscv64", "multi"))
                .isEqualTo(lines("etc", "etc/base", "gone"));
        Varve.assertFailed(
                varve.run("ls", "multi"), 1, "NotFound", "image for " + Platform.ofThisMachine() + ": got linux/s390x");
        assertThat(varve.run("verify").code()).isZero();
        varve.quiet("rm", "multi");
        varve.quiet("gc");
        assertThat(varve.bytesThere()).isZero();
    }
}
