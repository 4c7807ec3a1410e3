package io.varve.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The built command as its users meet it: what it writes where, and with which code it ends. */
class CommandIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final byte[] NOT_UTF_8 = {'d', '/', 'n', (byte) 0xff, (byte) 0xfe};
    private static final String EVIL = "\033[31mred\nnot-a-line\u009b";
    private static final byte[] LARGE = new byte[(3 << 20) + 17];

    @TempDir
    static Path directory;

    private static Varve varve;
    private static String layout;

    /** Its name in the store, where commands find it sooner. */
    private static String image;

    @BeforeAll
    static void writeImage() throws IOException, InterruptedException {
        Peers.command();
        new Random(1).nextBytes(LARGE);
        byte[] run = new byte[4096];
        new Random(2).nextBytes(run);
        Tarball base = new Tarball()
                .dir("d")
                .file("d/gone", "gone")
                .file(NOT_UTF_8, "bytes".getBytes(UTF_8))
                .time("1600000000.25")
                .mode(04755)
                .owner(3, 4_000_000_000L)
                .xattr("user.x", (byte) 0, (byte) 1)
                .file("d/program", "#!")
                .link("d/same", "d/program")
                .symlink("link", "d/program")
                .symlink("red", EVIL)
                .character("null", 1, 3)
                .file("large".getBytes(UTF_8), LARGE)
                .sparse("sparse", 1 << 20, new long[] {512 << 10, 4096}, run);
        Tarball top = new Tarball()
                .whiteout("d/gone")
                .file("d/ünï", "ünï")
                .file(EVIL, "evil")
                .file("d/back\\slash", "");
        varve = new Varve(directory);
        layout = new WrittenImage(directory.resolve("layout"))
                .gzip(base)
                .zstd(top.bytes())
                .tag(
                        config -> {
                            ObjectNode execution = config.putObject("config");
                            execution.putArray("Env").add("PATH=/d");
                            execution.putArray("Entrypoint").add("/d/program").add("two words");
                            execution.putObject("Labels").put("title", EVIL);
                        },
                        manifest -> {});
        varve.quiet("pull", layout);
        image = "it";
    }

    private static List<String> names(JsonNode array) {
        List<String> names = new ArrayList<>();
        array.forEach(entry -> names.add(entry.get("name").asText()));
        return names;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "pull", "images", "inspect", "tag", "rm", "ls", "cat", "unpack", "export", "mount", "umount",
                "mounts", "gc", "why", "demo"
            })
    void helpsOnStdout(String command) throws IOException, InterruptedException {
        Program.Ran ran = command.isEmpty() ? varve.run("--help") : varve.run(command, "--help");

        assertThat(ran.code()).isZero();
        assertThat(ran.err()).isEmpty();
        assertThat(ran.out()).startsWith("Usage: varve").contains(command).doesNotContain("null", "${");
    }

    @Test
    void tellsItsVersion() throws IOException, InterruptedException {
        assertThat(varve.quiet("--version")).matches("varve [0-9]+\\.[0-9]+\\.[0-9]+\\S*, JDK \\S+\\n");
        assertThat(varve.quiet("--version", "-v").lines())
                .last()
                .asString()
                .matches("gzip is inflated by (ISA-L, \\S+\\.so\\S*|zlib of the JDK)");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    nonsense          | varve: nonsense: no such command                | varve [
                    pul x             | varve: pul: no such command                     | varve [
                    --nonsense        | varve: Unknown option: '--nonsense'             | varve [
                    ls                | varve: ls: Missing required parameter: 'REF'    | varve ls [
                    ls --nonsense x   | varve: ls: Unknown option: '--nonsense'         | varve ls [
                    ls oci:x / extra  | varve: ls: Unmatched argument at index 5: 'extra' | varve ls [
                    """)
    void wrongUseIsALineAndHowTheCommandIsMeant(String words, String line, String synopsis)
            throws IOException, InterruptedException {
        Program.Ran ran = varve.run(words.split(" ", -1));

        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err()).startsWith(line + "\n").contains("Usage: " + synopsis);
        assertThat(ran.err().lines()).hasSizeLessThan(8).last().asString().matches("More: varve (ls )?--help");
    }

    @Test
    void commandThatIsNearlyOneIsTakenForAMistake() throws IOException, InterruptedException {
        assertThat(varve.run("pul", "x").err()).contains("Did you mean: varve pull or varve push?");
    }

    @Test
    void withoutACommandAllOfThemAreShown() throws IOException, InterruptedException {
        Program.Ran ran = varve.run();

        assertThat(ran.code()).isEqualTo(2);
        assertThat(ran.out()).isEmpty();
        assertThat(ran.err()).startsWith("Usage: varve").contains("pull", "demo");
    }

    @Test
    void missingJdkIsOneLineAndCodeThree() throws IOException, InterruptedException {
        Program.Ran ran =
                varve.program("ls", image).with("VARVE_JAVA", "/nonexistent").run();

        Varve.assertFailed(ran, 3, "Unavailable", "VARVE_JAVA", "/nonexistent", "JDK 25");
    }

    @Test
    void failuresAreOneLine() throws IOException, InterruptedException {
        Varve.assertFailed(varve.run("ls", "oci:" + directory.resolve("missing")), 1, "NotFound", "missing");
        Varve.assertFailed(varve.run("ls", "x"), 1, "NotFound", "got no image docker.io/library/x:latest in store ");
        Varve.assertFailed(varve.run("ls", "Not/A:Reference:"), 1, "Invalid", "Not/A:Reference:");
        Varve.assertFailed(varve.run("ls", layout + "2"), 1, "NotFound", "it2", "it");
        Varve.assertFailed(
                varve.run("ls", "--platform", "windows/s390x", layout), 1, "NotFound", "windows/s390x", "linux/");
        Varve.assertFailed(varve.run("--config", "/nonexistent", "ls", image), 1, "NotFound", "/nonexistent");
        Varve.assertFailed(
                varve.program("ls", image).with("VARVE_LIMITS_LAYRES", "1").run(), 1, "Invalid", "VARVE_LIMITS_LAYRES");
        Varve.assertFailed(
                varve.program("ls", layout).with("VARVE_LIMITS_LAYERS", "1").run(), 1, "Exceeded", "limits.layers");
    }

    @Test
    void failuresInsideTheImageAreOneLine() throws IOException, InterruptedException {
        Varve.assertFailed(varve.run("-q", "cat", image, "/d/gone"), 1, "NotFound", "/d/gone");
        Varve.assertFailed(varve.run("-q", "cat", image, "/d"), 1, "Invalid", "/d");
        Varve.assertFailed(varve.run("-q", "ls", image, "/d/program/x"), 1, "NotFound", "/d/program/x");
    }

    @Test
    void progressIsDrawnOverItselfOnATerminal() throws IOException, InterruptedException {
        Peers.need("script");
        Path store = directory.resolve("store-of-a-terminal");
        String command = Peers.command() + " --store " + store + " ls " + layout + " /";
        Program.Ran ran = new Program(directory, "script", "-qec", command, "/dev/null").run();

        assertThat(ran.code()).isZero();
        assertThat(ran.out()).contains("\r\033[K").contains("100% of").contains("done");
        for (String drawn : ran.out().split("\r\033\\[K|\n", -1)) {
            assertThat(drawn.strip()).hasSizeLessThan(80);
        }
    }

    @Test
    void progressGoesToStderrAndQuietSilencesIt() throws IOException, InterruptedException {
        Varve fresh = new Varve(directory.resolve("progress"));
        directory.resolve("progress").toFile().mkdir();
        Program.Ran ran = fresh.run("ls", layout, "/d");
        assertThat(ran.err()).hasLineCount(2).contains("layer ", " assembled in ");
        assertThat(fresh.run("ls", layout, "/d").err()).isEmpty();

        Varve quiet = new Varve(directory.resolve("quiet"));
        directory.resolve("quiet").toFile().mkdir();
        assertThat(quiet.quiet("ls", layout, "/d")).isEqualTo(ran.out());
    }

    @Test
    void listsNamesThatNoTerminalActsOn() throws IOException, InterruptedException {
        assertThat(varve.quiet("ls", image).split("\n", -1))
                .containsExactly(
                        "\\x1b[31mred\\x0anot-a-line\\xc2\\x9b", "d", "large", "link", "null", "red", "sparse", "");
        assertThat(varve.quiet("ls", image, "d").split("\n", -1))
                .containsExactly("back\\x5cslash", "n\\xff\\xfe", "program", "same", "ünï", "");
        assertThat(varve.quiet("ls", "-R", image)).contains("\nd\nd/back\\x5cslash\nd/n\\xff\\xfe\n");
    }

    @Test
    void listsDetails() throws IOException, InterruptedException {
        String out = varve.quiet("ls", "-l", "-R", image);

        assertThat(out)
                .containsPattern("(?m)^-rwsr-xr-x +2 +3 4000000000 +2 2020-09-13 12:26 d/program$")
                .containsPattern("(?m)^lrwxrwxrwx .* link -> d/program$")
                .containsPattern("(?m)^crw-r--r-- .* 1, 3 .* null$")
                .contains("red -> \\x1b[31mred\\x0anot-a-line\\xc2\\x9b\n");
        assertThat(out.chars().filter(c -> c < ' ' && c != '\n')).isEmpty();
    }

    @Test
    void listsAsJson() throws IOException, InterruptedException {
        JsonNode below = JSON.readTree(varve.quiet("ls", "-R", "--json", image));
        assertThat(names(below)).contains(EVIL, "d/program", "d/ünï");
        for (JsonNode entry : below) {
            boolean bytes = entry.has("nameBase64");
            assertThat(bytes).isEqualTo(entry.get("name").asText().startsWith("d/n"));
            if (bytes) {
                assertThat(Base64.getDecoder().decode(entry.get("nameBase64").asText()))
                        .isEqualTo(NOT_UTF_8);
            }
        }
        JsonNode one =
                JSON.readTree(varve.quiet("ls", "--json", image, "/link")).get(0);
        assertThat(one.get("type").asText()).isEqualTo("regular");
        assertThat(one.get("mode").asText()).isEqualTo("4755");
        assertThat(one.get("gid").asLong()).isEqualTo(4_000_000_000L);
        assertThat(one.get("links").asInt()).isEqualTo(2);
        assertThat(one.get("mtime").asText()).isEqualTo("2020-09-13T12:26:40.250Z");
        assertThat(one.get("xattrs").get("user.x").asText()).isEqualTo("AAE=");
    }

    @Test
    void writesBytesExactly() throws IOException, InterruptedException {
        assertThat(varve.run("-q", "cat", image, "/large").bytes()).isEqualTo(LARGE);
        byte[] run = new byte[4096];
        new Random(2).nextBytes(run);
        byte[] sparse = new byte[1 << 20];
        System.arraycopy(run, 0, sparse, 512 << 10, run.length);
        assertThat(varve.run("-q", "cat", image, "sparse").bytes()).isEqualTo(sparse);
        assertThat(varve.quiet("cat", image, "/../link")).isEqualTo("#!");
        assertThat(varve.quiet("cat", image, "d/n\\xff\\xfe")).isEqualTo("bytes");
        assertThat(varve.quiet("cat", image, "/d/back\\x5cslash")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"C", "C.UTF-8"})
    void pathsAreUtf8InEveryLocale(String locale) throws IOException, InterruptedException {
        // The shell makes the bytes of the name, whatever the locale is that the tests run in.
        String cat = String.join(
                " ", Peers.command().toString(), "-q --store", varve.store().toString(), "cat", image);
        Program shell =
                Program.shell(directory, cat + " $'/d/\\xc3\\xbcn\\xc3\\xaf'").with("LC_ALL", locale);

        assertThat(shell.succeed()).isEqualTo("ünï");
    }

    @Test
    void readerThatGoesAwayIsNoStackTrace() throws IOException, InterruptedException {
        String cat = String.join(
                " ", Peers.command().toString(), "-q --store", varve.store().toString(), "cat", image, "/large");
        Program.Ran ran = new Program(directory, "bash", "-c", cat + " | head -c 1 | wc -c").run();

        assertThat(ran.out().trim()).isEqualTo("1");
        assertThat(ran.err()).isEqualTo("varve: Unavailable: reading /large: Broken pipe\n");
    }

    @ParameterizedTest
    @ValueSource(strings = {"ls", "cat"})
    void outputThatCannotBeWrittenIsAFailure(String command) throws IOException, InterruptedException {
        String words = String.join(
                " ", Peers.command().toString(), "-q --store", varve.store().toString(), command, image);
        Program.Ran ran = new Program(
                        directory, "bash", "-c", words + (command.equals("cat") ? " /large" : "") + " > /dev/full")
                .run();

        Varve.assertFailed(ran, 1, "Unavailable", command.equals("cat") ? "No space left" : "stdout");
    }

    @Test
    void inspects() throws IOException, InterruptedException {
        String text = varve.quiet("inspect", image);
        assertThat(text)
                .contains("Entrypoint  /d/program 'two words'\n", "title=\\x1b[31mred\\x0anot-a-line\\xc2\\x9b\n");
        assertThat(text.chars().filter(c -> c < ' ' && c != '\n')).isEmpty();

        JsonNode json = JSON.readTree(varve.quiet("inspect", "--json", image));
        assertThat(json.get("layers")).hasSize(2);
        assertThat(json.get("layers").get(1).get("whiteouts").asInt()).isEqualTo(1);
        assertThat(json.get("tree").get("directory").asInt()).isEqualTo(2);
        assertThat(json.at("/config/config/Labels/title").asText()).isEqualTo(EVIL);
        assertThat(json.at("/manifest/layers")).hasSize(2);
    }

    @Test
    void demonstratesItselfAndLeavesNothing() throws IOException, InterruptedException {
        Program.Ran ran = varve.program("demo")
                .with(Varve.JAVA_OPTIONS, "-Djava.io.tmpdir=" + directory)
                .run();

        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(ran.err()).isEmpty();
        assertThat(ran.out()
                        .lines()
                        .filter(line -> line.matches("[a-z]+ +[0-9.]+ m?s  .*"))
                        .map(line -> line.split(" ", 2)[0]))
                .containsExactly("serve", "build", "push", "pull", "open", "cat", "mount", "unpack", "gc");
        assertThat(ran.out())
                .containsPattern(
                        "(?s)serve .* (127\\.0\\.0\\.1:[0-9]+), .*build .* \\1/demo/hello:1, .*push .* 4 blobs, .*pull .* 4 blobs, ")
                .contains(" etc/motd\n", "two layers, one filesystem");
        assertThat(directory.toFile().list((folder, name) -> name.startsWith("varve-demo-")))
                .isEmpty();
    }
}
