package io.varve.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code varve build}, and what others see in what it makes. */
class BuildCommandIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String LAYER = "application/vnd.oci.image.layer.v1.tar";
    private static final String GZIP = LAYER + "+gzip";

    @TempDir
    static Path shared;

    @TempDir
    Path directory;

    private static Varve varve;
    private static SampleBuild sample;

    @BeforeAll
    static void buildBase() throws IOException, InterruptedException {
        Peers.command();
        varve = new Varve(shared);
        sample = SampleBuild.in(varve, shared);
    }

    @ParameterizedTest
    @CsvSource({"gzip, +gzip", "zstd, +zstd", "none, ''"})
    void othersFindWhatTheSpecAskedFor(String compression, String suffix) throws IOException, InterruptedException {
        Skopeo skopeo = new Skopeo(directory);
        String name = "registry.example/app:" + compression;
        String digest = sample.app(name, compression);
        String image = layout(name);

        assertThat(skopeo.digest(image)).isEqualTo(digest);
        JsonNode manifest = skopeo.manifest(image);
        assertThat(manifest.get("annotations")).isEqualTo(JSON.readTree("{\"org.example.note\": \"noted\"}"));
        // The base's layer stays what it is.
        List<String> made = Collections.nCopies(SampleBuild.LAYERS - 1, LAYER + suffix);
        assertThat(skopeo.mediaTypes(image)).startsWith(GZIP).endsWith(made.toArray(String[]::new));
        JsonNode config = skopeo.config(image);
        assertThat(config.get("created").textValue()).isEqualTo(SampleBuild.CREATED);
        assertThat(config.at("/rootfs/diff_ids")).hasSize(SampleBuild.LAYERS);
        assertThat(config.get("history")).hasSize(SampleBuild.LAYERS);
        assertThat(config.get("config")).isEqualTo(JSON.readTree("""
                {"User": "app", "Env": ["KEPT=base", "CHANGED=app", "NEW=app"], "Cmd": ["/bin/app", "--yes"],
                 "WorkingDir": "/srv", "Labels": {"label": "1"}, "ExposedPorts": {"8080/tcp": {}},
                 "Volumes": {"/data": {}}, "StopSignal": "SIGINT"}
                """));
        assertUmociUnpacksWhatVarveDoes(name, compression.equals("zstd") ? gzipped(skopeo, image) : image);
    }

    /** The image as a layout of the directory, as skopeo names it. */
    private String layout(String name) throws IOException, InterruptedException {
        varve.quiet("export", name, "-o", directory.resolve("image.tar").toString());
        Program.shell(directory, "mkdir layout; tar -xf image.tar -C layout").succeed();
        return "oci:layout:" + name;
    }

    /** This machine's umoci knows nothing of zstd. */
    private static String gzipped(Skopeo skopeo, String image) throws IOException, InterruptedException {
        String gzipped = "oci:gzipped:image";
        skopeo.copy(image, gzipped, "--dest-compress-format", "gzip");
        assertThat(skopeo.mediaTypes(gzipped)).containsOnly(GZIP);
        assertThat(skopeo.diffIds(gzipped)).isEqualTo(skopeo.diffIds(image));
        return gzipped;
    }

    private void assertUmociUnpacksWhatVarveDoes(String name, String image) throws IOException, InterruptedException {
        Peers.need("umoci", "getfattr");
        Peers.needRoot();
        new Program(directory, "umoci", "unpack", "--image", image.substring("oci:".length()), "umoci").succeed();
        Path unpacked = directory.resolve("unpacked");
        varve.quiet("unpack", name, unpacked.toString());

        Listing ours = Listing.of(unpacked);
        ours.assertUnpackedAs(directory.resolve("umoci/rootfs"));
        assertThat(ours.names())
                .contains("srv/app/lib/deep/", "etc/passwd", "empty/", "usr/share/")
                .doesNotContain("etc/gone", "usr/share/doc/", "srv/app/x.tmp", "srv/app/cache/", "usr/other");
        assertThat(ours.line("srv/app/run")).matches("f 750 1000:1001 1706933106\\.0{9} 9 .* links 2 as srv/app/again");
        assertThat(ours.line("srv/app/lib")).isEqualTo("d 1777 1000:1001 1706933106.000000000");
        assertThat(ours.line("srv/app/conf")).contains(" -> ../../etc/app.conf ");
        assertThat(ours.line("etc/app.conf")).startsWith("f 640 0:1001 1706933106.");
        assertThat(ours.line("etc/passwd")).startsWith("f 644 0:0 1577836800.");
        assertThat(ours.line("var/tool")).startsWith("f 6755 3000000:5 1600000001.123456789 ");
        assertThat(ours.line("var/tool")).contains("{user.note=0x00ff}");
        assertThat(ours.line("usr/jdk")).isEqualTo("d 700 7:8 1500000000.500000000");
        assertThat(ours.line("usr/jdk/java")).contains("{user.tool=0x01}");

        JsonNode process =
                JSON.readTree(directory.resolve("umoci/config.json").toFile()).get("process");
        assertThat(process.get("args")).isEqualTo(JSON.readTree("[\"/bin/app\", \"--yes\"]"));
        assertThat(process.at("/user/uid").intValue()).isEqualTo(1000);
        assertThat(process.at("/user/gid").intValue()).isEqualTo(1001);
        assertThat(process.get("cwd").textValue()).isEqualTo("/srv");
        assertThat(process.get("env"))
                .extracting(JsonNode::textValue)
                .contains("KEPT=base", "CHANGED=app", "NEW=app")
                .doesNotContain("GONE=base");
    }

    @Test
    void timeOfTheEnvironmentIsTheImagesWhereverItIsBuilt() throws IOException, InterruptedException {
        String digest = builtAt("1706933106", "one", "");

        assertThat(builtAt("1706933106", "two", "")).isEqualTo(digest);
        // What stands in the spec is meant.
        assertThat(builtAt("1", "three", ", \"created\": \"2024-02-03T05:05:06+01:00\""))
                .isEqualTo(digest);
        assertThat(builtAt("1706933107", "two", "")).isNotEqualTo(digest);
    }

    /** What a directory comes to in a store of its own, whose files have times of their own. */
    private String builtAt(String epoch, String place, String more) throws IOException, InterruptedException {
        Path there = Files.createDirectories(directory.resolve(place));
        Program.shell(there, "mkdir -p app; echo run > app/run; echo data > app/data")
                .succeed();
        Files.writeString(there.resolve("spec.json"), """
                {"from": "scratch", "platform": "linux/amd64", "layers": [
                  {"directory": "app", "dest": "srv"}, {"files": [{"path": "etc/motd", "text": "hello"}]}]%s}
                """.formatted(more));
        return new Varve(there)
                .program("-q", "build", "-f", "spec.json")
                .with("SOURCE_DATE_EPOCH", epoch)
                .succeed();
    }

    /** One way of being wrong, and how it is told. */
    private record Flaw(String spec, String category, String... wrong) {}

    private static Flaw ofLayers(String layers, String category, String... wrong) {
        return new Flaw(
                "{\"from\": \"scratch\", \"tags\": [\"wrong:1\"], \"layers\": [" + layers + "]}", category, wrong);
    }

    private static List<Flaw> flaws() {
        String good = "{\"files\": [{\"path\": \"good\", \"text\": \"" + "good".repeat(1000) + "\"}]}, ";
        return List.of(
                new Flaw("{\"from\": \"scratch\", \"nope\": 1}", "Invalid", "spec.json: spec: there is no field nope"),
                ofLayers(
                        "{\"files\": [{\"path\": \"a\", \"text\": \"\", \"uid\": 1}]}",
                        "Invalid",
                        "layers[0].files[0]",
                        "uid"),
                ofLayers(
                        "{\"files\": [{\"path\": \"/a/../../b\", \"text\": \"\"}]}",
                        "Invalid",
                        "layers[0].files[0].path: got \"/a/../../b\", wanted a path without .."),
                ofLayers(
                        good + "{\"directory\": \".\", \"dest\": \"../x\"}", "Invalid", "layers[1].dest", "without .."),
                ofLayers(good + "{\"tar\": \"none.tar\"}", "NotFound", "layers[1]: tar none.tar: there is no file"),
                ofLayers(good + "{\"tar\": \"spec.json\"}", "Invalid", "layers[1]: tar spec.json: "),
                ofLayers(
                        good + "{\"copyFrom\": \"registry.example/tools:1\", \"paths\": [{\"src\": \"/none\"}]}",
                        "NotFound",
                        "layers[1]: copyFrom registry.example/tools:1: the image has no /none"));
    }

    @Test
    void specThatIsWrongIsOneLineThatNamesTheFieldAndLeavesNothing() throws IOException, InterruptedException {
        varve.quiet("gc");
        String images = varve.quiet("images", "--json");
        Set<String> before = kept();

        for (Flaw flaw : flaws()) {
            Files.writeString(directory.resolve("spec.json"), flaw.spec());
            Varve.assertFailed(build(), 1, flaw.category(), flaw.wrong());
        }
        Files.delete(directory.resolve("spec.json"));
        Varve.assertFailed(build(), 1, "NotFound", "reading spec.json: there is no file");
        assertThat(varve.run("build").code()).isEqualTo(2);

        varve.assertStoreIsClean();
        assertThat(varve.quiet("images", "--json")).isEqualTo(images);
        varve.quiet("gc");
        assertThat(kept()).isEqualTo(before);
    }

    private Program.Ran build() throws IOException, InterruptedException {
        return new Program(
                        directory,
                        Peers.command().toString(),
                        "--store",
                        varve.store().toString(),
                        "-q",
                        "build",
                        "-f",
                        "spec.json")
                .run();
    }

    /** Files of the store but for the catalogue. */
    private static Set<String> kept() throws IOException {
        Set<String> files = new TreeSet<>();
        for (String shelf : List.of("blobs", "layers", "images", "ingest")) {
            Path below = varve.store().resolve(shelf);
            if (Files.isDirectory(below)) {
                try (Stream<Path> all = Files.walk(below)) {
                    all.filter(Files::isRegularFile).forEach(file -> files.add(file.toString()));
                }
            }
        }
        return files;
    }
}
