package io.varve.build;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.build.BuildSpec.BlobLayer;
import io.varve.build.BuildSpec.CopiedPath;
import io.varve.build.BuildSpec.CopyFrom;
import io.varve.build.BuildSpec.EmptyDirectory;
import io.varve.build.BuildSpec.Healthcheck;
import io.varve.build.BuildSpec.HostDirectory;
import io.varve.build.BuildSpec.Inline;
import io.varve.build.BuildSpec.Owner;
import io.varve.build.BuildSpec.RegularFile;
import io.varve.build.BuildSpec.SymbolicLink;
import io.varve.build.BuildSpec.Tar;
import io.varve.encode.Encoding;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Compression;
import io.varve.oci.Digest;
import io.varve.oci.Json;
import io.varve.oci.Platform;
import io.varve.oci.Reference;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class SpecReaderTest {
    private static final Digest BLOB = Digest.sha256(new byte[] {1});

    private static BuildSpec read(String json) {
        return SpecReader.read(Json.read(json.replace('\'', '"').getBytes(UTF_8), Json.DEFAULT_LIMIT));
    }

    private static void assertRefused(String json, String said) {
        Failure failure = catchThrowableOfType(Failure.class, () -> read(json));

        assertThat(failure).as(json).isNotNull();
        assertThat(failure.category()).isEqualTo(Category.INVALID);
        assertThat(failure.getMessage()).contains(said);
    }

    @Test
    void everyFieldIsReadAsMeant() {
        BuildSpec spec = read("""
                {
                  'from': 'docker.io/library/debian:13',
                  'platforms': ['linux/amd64', 'linux/arm64/v8'],
                  'layers': [
                    {'tar': 'app'},
                    {'blob': '%s'},
                    {'copyFrom': 'a.example/tools:1', 'paths': [{'src': '/usr/bin/x', 'dest': 'bin/'}, {'src': 'etc'}], 'owner': '1:2'},
                    {'directory': './site', 'dest': '/srv/www/', 'owner': '33:33', 'exclude': ['*.tmp']},
                    {'files': [
                       {'path': '/etc/motd', 'text': 'Grüße', 'mode': '4755', 'owner': '7:4294967294'},
                       {'path': 'bin/raw', 'base64': 'AAH/'},
                       {'path': 'bin/sh', 'symlink': '/usr/bin/../bin/dash'},
                       {'path': '/', 'directory': true, 'mode': '0700'}],
                     'remove': ['/var/cache/apt']}
                  ],
                  'config': {
                    'env': {'PATH': '/bin', 'GONE': null},
                    'entrypoint': ['/app'], 'cmd': [], 'workdir': '/srv', 'user': '33',
                    'labels': {'a': 'b', 'c': null},
                    'exposedPorts': [80, '53/udp'], 'volumes': ['/data'], 'stopSignal': 'SIGINT',
                    'healthcheck': {'test': 'true', 'interval': '30s', 'timeout': 5, 'startPeriod': '2m', 'startInterval': '10ms', 'retries': 3},
                    'shell': ['/bin/sh', '-c']
                  },
                  'author': 'somebody',
                  'annotations': {'x': 'y'},
                  'created': '2026-01-02T03:04:05+01:00',
                  'compression': 'zstd', 'compressionLevel': 19,
                  'squash': true,
                  'tags': ['a.example/app:1', 'app'],
                  'push': true
                }""".formatted(BLOB));

        assertThat(spec.from()).isEqualTo(Reference.normalized("debian:13"));
        assertThat(spec.platforms()).containsExactly(Platform.parse("linux/amd64"), Platform.parse("linux/arm64/v8"));
        assertThat(spec.layers().subList(0, 4))
                .containsExactly(
                        new Tar("app"),
                        new BlobLayer(BLOB),
                        new CopyFrom(
                                Reference.normalized("a.example/tools:1"),
                                List.of(new CopiedPath("usr/bin/x", "bin/"), new CopiedPath("etc", "etc")),
                                new Owner(1, 2)),
                        new HostDirectory("./site", "srv/www", new Owner(33, 33), List.of("*.tmp")));
        Inline inline = (Inline) spec.layers().get(4);
        assertThat(inline.removed()).containsExactly("var/cache/apt");
        assertThat(inline.files())
                .usingRecursiveFieldByFieldElementComparator()
                .containsExactly(
                        new RegularFile("etc/motd", 04755, new Owner(7, 0xFFFF_FFFEL), "Grüße".getBytes(UTF_8)),
                        new RegularFile("bin/raw", 0644, Owner.ROOT, new byte[] {0, 1, -1}),
                        new SymbolicLink("bin/sh", Owner.ROOT, "/usr/bin/../bin/dash"),
                        new EmptyDirectory("", 0700, Owner.ROOT));
        BuildSpec.ConfigSpec config = spec.config();
        assertThat(config.env()).containsEntry("PATH", "/bin").containsEntry("GONE", null);
        assertThat(config.labels()).containsEntry("a", "b").containsEntry("c", null);
        assertThat(config.entrypoint()).containsExactly("/app");
        assertThat(config.cmd()).isEmpty();
        assertThat(config.workdir()).isEqualTo("/srv");
        assertThat(config.user()).isEqualTo("33");
        assertThat(config.exposedPorts()).containsExactlyInAnyOrder("80/tcp", "53/udp");
        assertThat(config.volumes()).containsExactly("/data");
        assertThat(config.stopSignal()).isEqualTo("SIGINT");
        assertThat(config.healthcheck())
                .isEqualTo(new Healthcheck(
                        List.of("CMD-SHELL", "true"), 30_000_000_000L, 5, 120_000_000_000L, 10_000_000, 3));
        assertThat(config.shell()).containsExactly("/bin/sh", "-c");
        assertThat(config.author()).isEqualTo("somebody");
        assertThat(spec.annotations()).isEqualTo(Map.of("x", "y"));
        assertThat(spec.created()).isEqualTo(Instant.parse("2026-01-02T02:04:05Z"));
        assertThat(spec.encoding()).isEqualTo(new Encoding(Compression.ZSTD, 19));
        assertThat(spec.squash()).isTrue();
        assertThat(spec.tags())
                .containsExactly(
                        Reference.normalized("a.example/app:1"), Reference.normalized("docker.io/library/app:latest"));
        assertThat(spec.push()).isTrue();
    }

    @Test
    void whatIsNotSaidIsAsUsual() {
        BuildSpec spec = read("{'from': 'scratch', 'layers': null, 'tags': null, 'created': null}");

        assertThat(spec.from()).isNull();
        assertThat(spec.platforms()).isEmpty();
        assertThat(spec.layers()).isEmpty();
        assertThat(spec.created()).isNull();
        assertThat(spec.encoding()).isEqualTo(new Encoding(Compression.GZIP, 6));
        assertThat(spec.squash()).isFalse();
        assertThat(spec.tags()).isEmpty();
        assertThat(spec.push()).isFalse();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            {}                                                        | from: got nothing
            {'from': ''}                                              | from
            {'from': 'A B'}                                           | from
            {'from': 7}                                               | from: got 7, wanted a string
            {'from': 'scratch', 'form': 1}                            | spec: there is no field form
            {'from': 'scratch', 'layers': {}}                         | layers: got an object, wanted an array
            {'from': 'scratch', 'layers': ['x']}                      | layers[0]
            {'from': 'scratch', 'platform': 'linux'}                  | platform
            {'from': 'scratch', 'platform': 'linux/amd64', 'platforms': ['linux/arm64']} | platforms
            {'from': 'scratch', 'platforms': ['linux/amd64', 'linux/amd64']} | platforms: got an array of 2, wanted each platform once
            {'from': 'scratch', 'squash': 'yes'}                      | squash: got "yes", wanted true or false
            {'from': 'scratch', 'push': true}                         | push: got true, wanted tags
            {'from': 'scratch', 'tags': ['A B']}                      | tags[0]
            {'from': 'scratch', 'tags': [1]}                          | tags[0]
            {'from': 'scratch', 'compression': 'xz'}                  | compression: got "xz", wanted gzip, zstd or none
            {'from': 'scratch', 'compressionLevel': 10}               | compressionLevel: level: got 10
            {'from': 'scratch', 'compressionLevel': 0}                | compressionLevel: level: got 0
            {'from': 'scratch', 'compressionLevel': 1.5}              | compressionLevel: got 1.5
            {'from': 'scratch', 'compression': 'zstd', 'compressionLevel': 20} | compressionLevel: level: got 20
            {'from': 'scratch', 'compression': 'none', 'compressionLevel': 1}  | compressionLevel: level: got 1
            {'from': 'scratch', 'compressionLevel': 4294967297}       | compressionLevel: got 4294967297
            {'from': 'scratch', 'created': 'yesterday'}               | created: got "yesterday"
            {'from': 'scratch', 'created': 5}                         | created: got 5
            {'from': 'scratch', 'created': '+12024-01-01T00:00:00Z'}  | created: got "+12024-01-01T00:00:00Z", wanted a date and time as in RFC 3339
            {'from': 'scratch', 'created': '9999-12-31T23:59:59-01:00'} | created: got "9999-12-31T23:59:59-01:00"
            {'from': 'scratch', 'created': '-0001-01-01T00:00:00Z'}   | created: got "-0001-01-01T00:00:00Z"
            {'from': 'scratch', 'annotations': {'a': null}}           | annotations.a
            {'from': 'scratch', 'author': ['me']}                     | author
            """)
    void refusesWhatIsWrongWithTheImage(String json, String said) {
        assertRefused(json, said);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            {}                                            | layers[1]: got an object, wanted one of
            {'tar': 'a', 'blob': 'b'}                     | layers[1]: got an object, wanted one of
            {'tar': 'a', 'files': []}                     | layers[1]: got an object, wanted one of
            {'tra': 'a'}                                  | layers[1]: there is no field tra
            {'tar': 'a', 'owner': '0:0'}                  | layers[1]: there is no field owner
            {'tar': ''}                                   | layers[1].tar
            {'blob': 'sha256:12'}                         | layers[1].blob
            {'copyFrom': 'a.example/b:1'}                 | layers[1].paths
            {'copyFrom': 'a.example/b:1', 'paths': []}    | layers[1].paths
            {'copyFrom': 'A B', 'paths': [{'src': '/'}]}  | layers[1].copyFrom
            {'copyFrom': 'a.example/b:1', 'paths': [{'src': '../x'}]}             | layers[1].paths[0].src
            {'copyFrom': 'a.example/b:1', 'paths': [{'src': 'x', 'dest': 'a/../../x'}]} | layers[1].paths[0].dest
            {'copyFrom': 'a.example/b:1', 'paths': [{'src': 'x', 'to': 'y'}]}     | layers[1].paths[0]: there is no field to
            {'directory': '.', 'dest': '../x'}            | layers[1].dest
            {'directory': '.', 'owner': '1'}              | layers[1].owner
            {'directory': '.', 'owner': 'root:root'}      | layers[1].owner
            {'directory': '.', 'owner': '0:4294967295'}   | layers[1].owner
            {'directory': '.', 'owner': '-1:0'}           | layers[1].owner
            {'directory': '.', 'exclude': ['']}           | layers[1].exclude[0]
            {'remove': ['/']}                             | layers[1].remove[0]
            {'remove': ['a/..']}                          | layers[1].remove[0]
            {'remove': ['x'], 'mode': '0644'}             | layers[1]: there is no field mode
            """)
    void refusesWhatIsWrongWithALayer(String json, String said) {
        assertRefused("{'from': 'scratch', 'layers': [{'tar': 'x'}, " + json + "]}", said);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            {'path': 'x'}                                  | files[1]: got an object, wanted one of text
            {'path': 'x', 'text': '', 'base64': ''}        | files[1]: got an object, wanted one of text
            {'path': 'x', 'text': '', 'uid': 1}            | files[1]: there is no field uid
            {'text': ''}                                   | files[1].path: got nothing
            {'path': '', 'text': ''}                       | files[1].path
            {'path': '/', 'text': ''}                      | files[1].path
            {'path': '../x', 'text': ''}                   | files[1].path: got "../x", wanted a path without ..
            {'path': '/a/../../x', 'text': ''}             | files[1].path
            {'path': 'a\\u0000b', 'text': ''}              | files[1].path
            {'path': 'a/.wh.b', 'text': ''}                | files[1].path
            {'path': '.wh..wh..opq', 'text': ''}           | files[1].path
            {'path': 'x', 'text': 5}                       | files[1].text
            {'path': 'x', 'base64': '???'}                 | files[1].base64
            {'path': 'x', 'directory': false}              | files[1].directory
            {'path': 'x', 'symlink': ''}                   | files[1].symlink
            {'path': 'x', 'symlink': 'y', 'mode': '0777'}  | files[1].mode
            {'path': 'x', 'text': '', 'mode': 644}         | files[1].mode: got 644
            {'path': 'x', 'text': '', 'mode': '888'}       | files[1].mode
            {'path': 'x', 'text': '', 'mode': '17777'}     | files[1].mode
            {'path': 'x', 'text': '', 'mode': 'rw-'}       | files[1].mode
            {'path': 'x', 'text': '', 'owner': '1:x'}      | files[1].owner
            {'path': '/first/./', 'text': ''}              | files: got an array of 2, wanted each path once
            """)
    void refusesWhatIsWrongWithAFile(String json, String said) {
        assertRefused(
                "{'from': 'scratch', 'layers': [{'files': [{'path': 'first', 'text': ''}, " + json + "]}]}",
                "layers[0]." + said);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '"', textBlock = """
            {'Env': {}}                                   | config: there is no field Env
            {'env': ['A=B']}                              | config.env
            {'env': {'A=B': 'c'}}                         | config.env
            {'env': {'': 'c'}}                            | config.env
            {'env': {'A': 1}}                             | config.env.A
            {'labels': {'A': 1}}                          | config.labels.A
            {'entrypoint': '/app'}                        | config.entrypoint
            {'cmd': [1]}                                  | config.cmd[0]
            {'workdir': 'srv'}                            | config.workdir
            {'exposedPorts': ['http']}                    | config.exposedPorts[0]
            {'exposedPorts': [-1]}                        | config.exposedPorts[0]
            {'volumes': ['']}                             | config.volumes[0]
            {'stopSignal': ''}                            | config.stopSignal
            {'healthcheck': {'tset': []}}                 | config.healthcheck: there is no field tset
            {'healthcheck': {'interval': '1 s'}}          | config.healthcheck.interval
            {'healthcheck': {'interval': -1}}             | config.healthcheck.interval
            {'healthcheck': {'interval': '999999999h'}}   | config.healthcheck.interval
            {'healthcheck': {'retries': -1}}              | config.healthcheck.retries
            """)
    void refusesWhatIsWrongWithTheConfiguration(String json, String said) {
        assertRefused("{'from': 'scratch', 'config': " + json + "}", said);
    }

    @ParameterizedTest
    @ValueSource(strings = {"a.example/app@", "a.example/app:1@"})
    void refusesTagWithDigest(String name) {
        assertRefused("{'from': 'scratch', 'tags': ['" + name + BLOB + "']}", "tags[0]");
    }

    @Test
    void takesAHundredTags() {
        String most = "'a', ".repeat(99) + "'a'";

        assertThat(read("{'from': 'scratch', 'tags': [" + most + "]}").tags()).hasSize(100);
        assertRefused(
                "{'from': 'scratch', 'tags': [" + most + ", 'a']}",
                "tags: got an array of 101, wanted an array of no more than 100");
    }

    @Test
    void pathsAreMeasuredInBytes() {
        String name = "ä".repeat(127);
        String most = (name + "/").repeat(16);
        String file = "{'from': 'scratch', 'layers': [{'files': [{'path': '%s', 'text': ''}]}]}";

        assertThat(read(file.formatted(name)).layers()).hasSize(1);
        assertRefused(file.formatted(name + "ä"), "layers[0].files[0].path");
        assertRefused(file.formatted(most + "0123456789012345"), "layers[0].files[0].path");
    }
}
