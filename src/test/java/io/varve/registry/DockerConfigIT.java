package io.varve.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The configuration of Docker in all its forms, with helpers that are real processes. */
class DockerConfigIT {
    private static final String SECRET = "sEcReT:1";
    private static final Credential ALICE = new Credential.Basic("alice", SECRET);
    private static final String ALICE_AUTH = encoded("alice:" + SECRET);
    private static final RegistryKey REGISTRY = RegistryKey.parse("registry.example");

    /** A helper that keeps credentials as files, and writes down what it was asked. */
    private static final String FILES = """
            #!/bin/sh
            dir=$(dirname "$0")
            input=$(cat)
            echo "$1 $input" >> "$dir/asked"
            case "$1" in
            store)
                server=$(printf %s "$input" | sed 's/.*"ServerURL":"\\([^"]*\\)".*/\\1/')
                printf %s "$input" > "$dir/kept-$(printf %s "$server" | tr / _)" ;;
            get)
                cat "$dir/kept-$(printf %s "$input" | tr / _)" 2>&- || {
                    echo "credentials not found in native keychain"; exit 1; } ;;
            erase)
                rm "$dir/kept-$(printf %s "$input" | tr / _)" ;;
            esac
            """;

    @TempDir
    Path home;

    private final Map<String, String> environment = new HashMap<>();
    private Path file;
    private Path bin;

    @BeforeEach
    void place() throws IOException {
        file = home.resolve(".docker/config.json");
        bin = Files.createDirectory(home.resolve("bin"));
        environment.put("PATH", bin + ":/usr/bin:/bin");
        environment.put("XDG_RUNTIME_DIR", home.resolve("run").toString());
    }

    private static String encoded(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
    }

    private DockerConfig config() {
        return new DockerConfig(environment, home);
    }

    private DockerConfig config(String json) throws IOException {
        Files.createDirectories(file.getParent());
        Files.writeString(file, json);
        return config();
    }

    private DockerConfig auths(String entries) throws IOException {
        return config("{\"auths\":{" + entries + "}}");
    }

    private static String alice(String key) {
        return "\"" + key + "\":{\"auth\":\"" + ALICE_AUTH + "\"}";
    }

    private void helper(String name, String script) throws IOException {
        Path program = bin.resolve("docker-credential-" + name);
        Files.writeString(program, script);
        Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private List<String> asked() throws IOException {
        Path asked = bin.resolve("asked");
        return Files.exists(asked) ? Files.readAllLines(asked) : List.of();
    }

    private static Failure failure(ThrowingCallable call) {
        List<Failure> failures = new ArrayList<>();
        assertThatThrownBy(call).isInstanceOfSatisfying(Failure.class, failures::add);
        Failure failure = failures.getFirst();
        for (Throwable each = failure; each != null; each = each.getCause()) {
            assertThat(String.valueOf(each)).doesNotContain("sEcReT").doesNotContain(ALICE_AUTH);
        }
        return failure;
    }

    @Test
    void nothingIsKeptWhereNoFileIs() {
        assertThat(config().find("registry.example", "")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "registry.example, registry.example",
        "https://registry.example, registry.example",
        "https://registry.example/, registry.example",
        "https://registry.example/v1/, registry.example",
        "https://registry.example/v2/, registry.example",
        "http://registry.example/any/thing, registry.example",
        "registry.example/v2, registry.example",
        "Registry.Example, registry.example",
        "registry.example, Registry.example",
        "registry.example:5000, registry.example:5000",
        "https://registry.example:5000/v1/, registry.example:5000",
        "[::1]:5000, [::1]:5000",
        "https://index.docker.io/v1/, docker.io",
        "https://index.docker.io/v2/, docker.io",
        "index.docker.io, docker.io",
        "docker.io, docker.io",
        "https://docker.io, docker.io",
        "registry-1.docker.io, docker.io",
        "https://registry-1.docker.io/v2/, docker.io",
        "docker.io, index.docker.io",
    })
    void findsTheRegistryInEverySpelling(String key, String host) throws IOException {
        assertThat(auths(alice(key)).find(host, "team/app")).contains(ALICE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "example",
                "registry.example.org",
                "a.registry.example",
                "registry.example:5000",
                "docker.io",
                "",
                "//",
                "registry.example/team/app",
                "registry.example/te",
                "\\n"
            })
    void doesNotTakeTheCredentialsOfOthers(String key) throws IOException {
        assertThat(auths(alice(key)).find("registry.example", "team/ap")).isEmpty();
    }

    @Test
    void readsEveryFormOfACredential() throws IOException {
        DockerConfig config =
                auths("""
                "auth": {"auth": "%s", "email": "a@b"},
                "fields": {"username": "alice", "password": "%s"},
                "padded": {"auth": "%s"},
                "identity": {"auth": "%s", "identitytoken": "i"},
                "identity-alone": {"identitytoken": "i"},
                "registry": {"registrytoken": "r"},
                "empty": {},
                "empty-auth": {"auth": ""},
                "user-alone": {"username": "alice"}
                """.formatted(ALICE_AUTH, SECRET, encoded("alice:" + SECRET + "\0\0"), encoded("alice:")));
        assertThat(config.find("auth", "")).contains(ALICE);
        assertThat(config.find("fields", "")).contains(ALICE);
        assertThat(config.find("padded", "")).contains(ALICE);
        assertThat(config.find("identity", "")).contains(new Credential.RefreshToken("alice", "i"));
        assertThat(config.find("identity-alone", "")).contains(new Credential.RefreshToken("", "i"));
        assertThat(config.find("registry", "")).contains(new Credential.BearerToken("r"));
        assertThat(config.find("empty", "")).isEmpty();
        assertThat(config.find("empty-auth", "")).isEmpty();
        assertThat(config.find("user-alone", "")).contains(new Credential.Basic("alice", ""));
    }

    private static String user(String key, String user) {
        return "\"" + key + "\":{\"auth\":\"" + encoded(user + ":p") + "\"}";
    }

    @ParameterizedTest
    @CsvSource({
        "'', host",
        "other/app, host",
        "teams/app, host",
        "team, team",
        "team/app, app",
        "team/other, team",
        "team/app/part, app",
        "team/app2, team"
    })
    void theLongestNameAboveARepositoryWins(String repository, String user) throws IOException {
        DockerConfig config = auths(String.join(
                ",",
                user("registry.example/team", "team"),
                user("registry.example", "host"),
                user("registry.example/team/app", "app"),
                "\"registry.example/other\":{}"));
        assertThat(config.find("registry.example", repository)).contains(new Credential.Basic(user, "p"));
    }

    @Test
    void theSpellingOfDockerWins() throws IOException {
        DockerConfig config = auths(user("docker.io", "podman") + "," + user("https://index.docker.io/v1/", "docker"));
        assertThat(config.find("docker.io", "library/debian")).contains(new Credential.Basic("docker", "p"));
    }

    @Test
    void looksWhereTheEnvironmentSays() throws IOException {
        Path other = Files.createDirectory(home.resolve("other"));
        Files.writeString(other.resolve("config.json"), "{\"auths\":{" + alice("registry.example") + "}}");
        auths(user("registry.example", "nobody"));
        environment.put("DOCKER_CONFIG", other.toString());
        assertThat(config().find("registry.example", "")).contains(ALICE);
    }

    @Test
    void looksIntoTheFileOfPodmanAfterThatOfDocker() throws IOException {
        Path podman = home.resolve("auth.json");
        environment.put("REGISTRY_AUTH_FILE", podman.toString());
        auths(user("registry.example", "docker"));
        assertThat(config().find("podman.example", "")).as("which is not there").isEmpty();
        Files.writeString(
                podman,
                "{\"auths\":{" + user("registry.example", "podman") + "," + user("podman.example/team", "podman")
                        + "}}");
        assertThat(config().find("registry.example", "")).contains(new Credential.Basic("docker", "p"));
        assertThat(config().find("podman.example", "team/app")).contains(new Credential.Basic("podman", "p"));
        assertThat(config().find("podman.example", "other/app")).isEmpty();
    }

    private Path podman(String path, String entries) throws IOException {
        Path podman = home.resolve(path);
        Files.createDirectories(podman.getParent());
        return Files.writeString(podman, "{\"auths\":{" + entries + "}}");
    }

    @Test
    void looksWherePodmanKeepsThemByItself() throws IOException {
        podman(".config/containers/auth.json", user("a.example", "config") + "," + user("b.example", "config"));
        podman("run/containers/auth.json", user("a.example", "run") + "," + user("c.example", "run"));
        DockerConfig config = auths(user("c.example", "docker"));
        assertThat(config.find("a.example", "")).contains(new Credential.Basic("run", "p"));
        assertThat(config.find("b.example", "")).contains(new Credential.Basic("config", "p"));
        assertThat(config.find("c.example", "")).contains(new Credential.Basic("docker", "p"));

        environment.put(
                "REGISTRY_AUTH_FILE",
                podman("told.json", user("b.example", "told")).toString());
        assertThat(config().find("a.example", "")).isEmpty();
        assertThat(config().find("b.example", "")).contains(new Credential.Basic("told", "p"));
    }

    @Test
    void filesOfPodmanThatCannotBeReadAreNone() throws IOException {
        environment.put("XDG_RUNTIME_DIR", "/dev/null");
        Files.createDirectories(home.resolve(".config"));
        Files.createSymbolicLink(home.resolve(".config/containers"), Path.of("nowhere"));
        assertThat(config().find("registry.example", "")).isEmpty();
        assertThat(config().erase(REGISTRY)).isFalse();
    }

    @Test
    void filesOfPodmanThatNobodyAskedForKeepNobodyFromAskingWithoutACredential() throws IOException {
        Files.createDirectories(home.resolve("run/containers/auth.json"));
        podman(".config/containers/auth.json", "sEcReT");
        assertThat(config().find("registry.example", "")).isEmpty();

        Files.writeString(home.resolve(".config/containers/auth.json"), "{\"credsStore\":\"none-of-that-name\"}");
        assertThat(config().find("registry.example", "")).isEmpty();

        environment.put(
                "REGISTRY_AUTH_FILE",
                home.resolve(".config/containers/auth.json").toString());
        assertThat(failure(() -> config().find("registry.example", "")).getMessage())
                .contains("none-of-that-name");
    }

    @Test
    void looksWhereTheUserKeepsConfigurations() throws IOException {
        environment.put("XDG_CONFIG_HOME", home.resolve("settings").toString());
        podman(".config/containers/auth.json", user("registry.example", "nobody"));
        podman("settings/containers/auth.json", alice("registry.example"));

        assertThat(config().find("registry.example", "")).contains(ALICE);
    }

    @Test
    void erasesWherePodmanKeepsThemByItself() throws IOException {
        Path run = podman("run/containers/auth.json", alice("registry.example") + "," + alice("other"));
        Path config = podman(".config/containers/auth.json", alice("registry.example"));
        assertThat(config().erase(REGISTRY)).isTrue();
        assertThat(config().find("registry.example", "")).isEmpty();
        assertThat(run).content().contains("other").doesNotContain("registry.example");
        assertThat(config).content().doesNotContain("registry.example");
        assertThat(file).doesNotExist();
    }

    @Test
    void emptyFilesSayNothing() throws IOException {
        for (String empty : List.of("", " \n", "{}", "{\"auths\":{}}", "{\"auths\":null,\"credsStore\":\"\"}")) {
            assertThat(config(empty).find("registry.example", "")).as(empty).isEmpty();
        }
        environment.put("REGISTRY_AUTH_FILE", "/dev/null");
        assertThat(config().find("registry.example", "")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sEcReT",
                "{\"auths\":{\"registry.example\":{\"auth\":sEcReT}}}",
                "{\"auths\":{\"registry.example\":{\"auth\":\"sEcReT\"",
                "{\"sEcReT\":1,\"sEcReT\":2}",
                "[\"sEcReT\"]",
                "{} sEcReT",
                "{\"auths\":{\"registry.example\":{\"auth\":\"sEcReT \\u0001\"}}}",
                "{\"auths\":{\"registry.example\":{\"auth\":\"c0VjUmVU\"}}}",
            })
    void refusesAFileThatIsCorruptInOneLineAndWithoutShowingIt(String json) throws IOException {
        DockerConfig config = config(json);
        Failure failure = failure(() -> config.find("registry.example", ""));
        assertThat(failure.category()).isEqualTo(Category.INVALID);
        assertThat(failure.getMessage())
                .startsWith("Invalid: reading " + file + ": ")
                .hasLineCount(1);
    }

    @Test
    void refusesAFileThatIsTooLarge() throws IOException {
        DockerConfig config = config("{\"a\":\"" + "x".repeat(1 << 20) + "\"}");
        assertThat(failure(() -> config.find("registry.example", "")).getMessage())
                .isEqualTo("Invalid: reading " + file + ": got more than 1048576 bytes, wanted credentials");
    }

    @Test
    void whatIsWrongForOneRegistryIsNoMatterForAnother() throws IOException {
        DockerConfig config = auths("\"other.example\":{\"auth\":\"?\"},\"third\":7," + alice("registry.example"));
        assertThat(config.find("registry.example", "")).contains(ALICE);
        assertThat(config.find("third", "")).isEmpty();
    }

    @Test
    void asksTheHelperOfTheRegistryBeforeTheStoreOfAll() throws IOException {
        helper("own", "#!/bin/sh\necho '{\"ServerURL\":\"x\",\"Username\":\"alice\",\"Secret\":\"" + SECRET + "\"}'");
        helper("all", "#!/bin/sh\necho '{\"Username\":\"<token>\",\"Secret\":\"t\"}'");
        DockerConfig config = config("""
                {"credsStore": "all", "credHelpers": {"https://registry.example": "own", "empty.example": ""},
                 "auths": {"registry.example": {}}}""");
        assertThat(config.find("registry.example", "")).contains(ALICE);
        assertThat(config.find("other.example", "")).contains(new Credential.RefreshToken("", "t"));
        assertThat(config.find("empty.example", "")).contains(new Credential.RefreshToken("", "t"));
    }

    @Test
    void asksHelpersForDockerHubByTheNameItHadFirst() throws IOException {
        helper("files", FILES);
        DockerConfig config = config("{\"credsStore\":\"files\"}");
        assertThat(config.find("docker.io", "library/debian")).isEmpty();
        assertThat(config.find("registry.example:5000", "")).isEmpty();
        assertThat(asked()).containsExactly("get https://index.docker.io/v1/", "get registry.example:5000");
    }

    @Test
    void whatTheHelperDoesNotKnowMayBeInTheFile() throws IOException {
        helper("files", FILES);
        DockerConfig config = config("{\"credsStore\":\"files\",\"auths\":{" + alice("registry.example") + "}}");
        assertThat(config.find("registry.example", "")).contains(ALICE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../../bin/sh",
                "/bin/sh",
                "a/b",
                "..",
                ".hidden",
                "",
                " ",
                "a b",
                "-rf",
                "a\\u0000",
                "é",
                "$(id)"
            })
    void refusesNamesOfHelpersThatLeadElsewhere(String name) throws IOException {
        DockerConfig config = config("{\"credHelpers\":{\"registry.example\":\"" + name + "\"}}");
        if (name.isEmpty()) {
            assertThat(config.find("registry.example", "")).isEmpty();
        } else {
            assertThat(failure(() -> config.find("registry.example", "")).category())
                    .isEqualTo(Category.INVALID);
        }
    }

    @Test
    void saysWhichHelperIsMissing() throws IOException {
        DockerConfig config = config("{\"credsStore\":\"gone\"}");
        helper("gone-too", "");
        Files.writeString(bin.resolve("docker-credential-gone"), "not executable");
        assertThat(failure(() -> config.find("registry.example", "")).getMessage())
                .isEqualTo("Unavailable: docker-credential-gone: got no such program, wanted one on the PATH");
    }

    @Test
    void doesNotRunHelpersOutOfTheWorkingDirectory() throws IOException {
        environment.put("PATH", ":.:bin:" + "target");
        DockerConfig config = config("{\"credsStore\":\"gone\"}");
        assertThat(failure(() -> config.find("registry.example", "")).category())
                .isEqualTo(Category.UNAVAILABLE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "echo oh no; exit 3|docker-credential-h get: got exit code 3 (oh no), wanted 0",
                "echo '{\"Secret\":\"sEcReT\"}'; exit 1|docker-credential-h get: got exit code 1, wanted 0",
                "exit 1|docker-credential-h get: got exit code 1, wanted 0",
                "kill -9 $$|docker-credential-h get: got exit code 137, wanted 0",
                "echo sEcReT|docker-credential-h get: got 7 bytes that are not JSON, wanted a credential",
                "echo '[\"sEcReT\"]'|docker-credential-h get: got 11 bytes that are not JSON, wanted a credential",
                "exit 0|docker-credential-h get: got 0 bytes that are not JSON, wanted a credential",
                "exec head -c 100000 /dev/zero|docker-credential-h: got more than 65536 bytes, wanted a credential",
                "exec cat /dev/zero|docker-credential-h: got more than 65536 bytes, wanted a credential",
            })
    void saysWhatIsWrongWithAHelper(String script, String wrong) throws IOException {
        helper("h", "#!/bin/sh\n" + script + "\n");
        DockerConfig config = config("{\"credsStore\":\"h\"}");
        assertThat(failure(() -> config.find("registry.example", "")).wrong()).isEqualTo(wrong);
    }

    @Test
    void showsOneShortLineOfWhatAHelperSays() throws IOException {
        helper("h", "#!/bin/sh\nprintf 'a\\033[31m\\n'; head -c 5000 /dev/zero | tr '\\0' b; exit 1\n");
        DockerConfig config = config("{\"credsStore\":\"h\"}");
        assertThat(failure(() -> config.find("registry.example", "")).getMessage())
                .hasSizeLessThan(300)
                .contains("(a [31m bbb");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{}", "{\"Username\":\"alice\",\"Secret\":\"\"}", "{\"Username\":\"alice\"}"})
    void helperThatNamesNoSecretKeepsNone(String answer) throws IOException {
        helper("h", "#!/bin/sh\necho '" + answer + "'\n");
        assertThat(config("{\"credsStore\":\"h\"}").find("registry.example", ""))
                .isEmpty();
    }

    @Test
    void helpersSeeTheEnvironmentThatWasGiven() throws IOException {
        environment.put("WHO", "alice");
        helper("h", "#!/bin/sh\nprintf '{\"Username\":\"%s\",\"Secret\":\"%s\"}' \"$WHO\" \"$HOME\"\n");
        assertThat(config("{\"credsStore\":\"h\"}").find("registry.example", ""))
                .as("HOME was not given")
                .isEmpty();
        environment.put("HOME", "h");
        assertThat(config().find("registry.example", "")).contains(new Credential.Basic("alice", "h"));
    }

    @Test
    void keepsInTheFileWhereNoHelperIs() throws IOException {
        DockerConfig config = config();
        DockerConfig.Kept kept = config.keep(REGISTRY, new Credential.Basic("alice", SECRET));
        assertThat(kept).isEqualTo(new DockerConfig.Kept(file.toString(), true));
        assertThat(file).hasContent("""
                {
                \t"auths": {
                \t\t"registry.example": {
                \t\t\t"auth": "%s"
                \t\t}
                \t}
                }""".formatted(ALICE_AUTH));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file.getParent())))
                .isEqualTo("rwx------");
        assertThat(config.find("registry.example", "")).contains(ALICE);
        try (Stream<Path> files = Files.list(file.getParent())) {
            assertThat(files).as("nothing is left beside it").containsExactly(file);
        }
    }

    @Test
    void keepsWhatItDoesNotKnowInItsOrder() throws IOException {
        DockerConfig config = config("""
                {"z": {"b": [], "a": {}}, "auths": {"other": {"auth": "b:"}, "https://registry.example/v1/": {"auth": "x"},
                "registry.example": {"identitytoken": "old", "email": "a@b"}}, "HttpHeaders": {"X": "é <&>"}, "n": 1.50}""");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        config.keep(REGISTRY, new Credential.Basic("alice", SECRET));
        assertThat(file).hasContent("""
                {
                \t"z": {
                \t\t"b": [],
                \t\t"a": {}
                \t},
                \t"auths": {
                \t\t"other": {
                \t\t\t"auth": "b:"
                \t\t},
                \t\t"registry.example": {
                \t\t\t"email": "a@b",
                \t\t\t"auth": "%s"
                \t\t}
                \t},
                \t"HttpHeaders": {
                \t\t"X": "é <&>"
                \t},
                \t"n": 1.50
                }""".formatted(ALICE_AUTH));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void followsASymlinkAndLeavesIt(boolean there) throws IOException {
        Path real = Files.createDirectories(home.resolve("dotfiles")).resolve("docker.json");
        Files.createDirectories(file.getParent());
        Files.createSymbolicLink(file, Path.of("../dotfiles/docker.json"));
        if (there) {
            Files.writeString(real, "{\"a\":1}");
        }
        config().keep(REGISTRY, new Credential.Basic("alice", SECRET));
        assertThat(file).isSymbolicLink();
        assertThat(real).isRegularFile();
        assertThat(Files.readString(real)).contains(ALICE_AUTH);
        assertThat(config().find("registry.example", "")).contains(ALICE);
    }

    @Test
    void symlinksThatLeadNowhereAreRefused() throws IOException {
        Files.createDirectories(file.getParent());
        Files.createSymbolicLink(file, file.getFileName());
        assertThat(failure(() -> config().keep(REGISTRY, new Credential.Basic("alice", SECRET)))
                        .category())
                .isEqualTo(Category.UNAVAILABLE);
    }

    @Test
    void doesNotWriteOverAFileThatIsCorrupt() throws IOException {
        DockerConfig config = config("{\"auths\":");
        failure(() -> config.keep(REGISTRY, new Credential.Basic("alice", SECRET)));
        assertThat(file).hasContent("{\"auths\":");
    }

    @Test
    void keepsWithTheHelperAndTakesThePasswordOutOfTheFile() throws IOException {
        helper("files", FILES);
        DockerConfig config = config("{\"auths\":{" + user("registry.example", "old") + "},\"credsStore\":\"files\"}");
        assertThat(config.keep(REGISTRY, new Credential.Basic("alice", SECRET)))
                .isEqualTo(new DockerConfig.Kept("docker-credential-files", false));
        assertThat(asked())
                .containsExactly("store {\"ServerURL\":\"registry.example\",\"Username\":\"alice\",\"Secret\":\""
                        + SECRET + "\"}");
        assertThat(Files.readString(file)).doesNotContain("auth\"").contains("\"registry.example\": {}");
        assertThat(config.find("registry.example", "")).contains(ALICE);
    }

    @Test
    void helperThatWillNotKeepIsAFailureWithoutTheSecret() throws IOException {
        helper("h", "#!/bin/sh\nread line; echo \"cannot keep " + SECRET + "\"; exit 1\n");
        DockerConfig config = config("{\"credsStore\":\"h\"}");
        assertThat(failure(() -> config.keep(REGISTRY, new Credential.Basic("alice", SECRET)))
                        .wrong())
                .isEqualTo("docker-credential-h store: got exit code 1 (cannot keep ***), wanted 0");
        assertThat(file).hasContent("{\"credsStore\":\"h\"}");
    }

    @Test
    void helperThatDoesNotListenIsNoProblem() throws IOException {
        helper("h", "#!/bin/sh\nexec 0<&-\necho '{\"Username\":\"alice\",\"Secret\":\"" + SECRET + "\"}'\n");
        assertThat(config("{\"credsStore\":\"h\"}").find("registry.example", ""))
                .contains(ALICE);
    }

    @Test
    void erasesFromTheFileInEverySpelling() throws IOException {
        DockerConfig config = auths(String.join(
                ",",
                alice("https://registry.example/v1/"),
                alice("registry.example"),
                alice("registry.example/team"),
                alice("other")));
        assertThat(config.erase(REGISTRY)).isTrue();
        assertThat(config.find("registry.example", "")).isEmpty();
        assertThat(config.find("registry.example", "team/app")).contains(ALICE);
        assertThat(config.find("other", "")).contains(ALICE);
        assertThat(config.erase(REGISTRY)).isFalse();
    }

    @Test
    void erasesWithTheHelperAndFromTheFileOfPodman() throws IOException {
        helper("files", FILES);
        Path podman = home.resolve("auth.json");
        Files.writeString(podman, "{\"auths\":{" + alice("registry.example") + "}}");
        environment.put("REGISTRY_AUTH_FILE", podman.toString());
        DockerConfig config = config("{\"credHelpers\":{\"registry.example\":\"files\"}}");
        config.keep(REGISTRY, new Credential.Basic("alice", SECRET));
        assertThat(config.erase(REGISTRY)).isTrue();
        assertThat(config.find("registry.example", "")).isEmpty();
        assertThat(asked()).contains("erase registry.example");
        assertThat(config.erase(REGISTRY)).isFalse();
        assertThat(podman).content().doesNotContain("registry.example");
    }

    @Test
    void erasingNothingWritesNothing() {
        assertThat(config().erase(REGISTRY)).isFalse();
        assertThat(file).doesNotExist();
    }

    @Test
    void killsAHelperThatDoesNotAnswer() throws Exception {
        // Its child holds the output open, so that waiting for the end of one is not enough.
        helper("h", "#!/bin/sh\nsleep 1000 &\necho $! > \"$(dirname \"$0\")/child\"\nwait\n");
        CredentialProgram program = CredentialProgram.named("h", environment, Duration.ofSeconds(1));
        assertThat(failure(() -> program.get("registry.example")).wrong())
                .isEqualTo("docker-credential-h get: got no answer for 1 s, wanted one");
        long child = Long.parseLong(Files.readString(bin.resolve("child")).strip());
        Optional<ProcessHandle> left = ProcessHandle.of(child);
        if (left.isPresent()) {
            left.get().onExit().get(30, TimeUnit.SECONDS);
        }
    }
}
