package io.varve.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An application that is built of all that a spec knows: on a base of which some goes, of a directory, a tar, another image, and files that stand
 * in the spec.
 */
final class SampleBuild {
    static final String CREATED = "2024-02-03T04:05:06Z";
    static final int LAYERS = 5;

    private static final String BASE = "registry.example/base:1";
    private static final String TOOLS = "registry.example/tools:1";

    private final Varve varve;
    private final Path directory;

    private SampleBuild(Varve varve, Path directory) {
        this.varve = varve;
        this.directory = directory;
    }

    /** With its base and the other image built already. */
    static SampleBuild in(Varve varve, Path directory) throws IOException, InterruptedException {
        SampleBuild build = new SampleBuild(varve, directory);
        writeInputs(directory);
        build.build(BASE, """
                {"from": "scratch", "created": "2020-01-01T00:00:00Z",
                 "layers": [{"files": [
                   {"path": "/etc/passwd", "text": "root:x:0:0::/:/bin/sh\\napp:x:1000:1001::/home:/bin/sh\\n"},
                   {"path": "/etc/group", "text": "root:x:0:\\napp:x:1001:\\n"},
                   {"path": "/etc/gone", "text": "gone"}, {"path": "/usr/share/doc/gone", "text": "gone"}]}],
                 "config": {"entrypoint": ["/base"], "env": {"KEPT": "base", "CHANGED": "base", "GONE": "base"}}}
                """);
        build.build(TOOLS, "{\"from\": \"scratch\", \"layers\": [{\"tar\": \"tools.tar\"}]}");
        return build;
    }

    private static void writeInputs(Path directory) throws IOException, InterruptedException {
        // More than a segment, of gzip and of zstd.
        Program.shell(directory, """
                mkdir -p app/lib/deep app/cache; chmod 1777 app/lib
                printf 'echo run\\n' > app/run; chmod 0750 app/run; ln app/run app/again
                ln -s ../../etc/app.conf app/conf; mkfifo app/lib/pipe; seq 400000 > app/lib/numbers
                touch app/x.tmp app/lib/deep/y.tmp app/cache/c
                """).succeed();
        Files.write(
                directory.resolve("part.tar"),
                new Tarball()
                        .time("1600000000")
                        .dir("var")
                        .time("1600000001.123456789")
                        .owner(3_000_000, 5)
                        .mode(06755)
                        .xattr("user.note", (byte) 0, (byte) -1)
                        .file("var/tool", "tool")
                        .link("var/alias", "var/tool")
                        .character("var/null", 1, 3)
                        .bytes());
        Files.write(
                directory.resolve("tools.tar"),
                new Tarball()
                        .dir("opt")
                        .mode(0700)
                        .owner(7, 8)
                        .time("1500000000.5")
                        .dir("opt/jdk")
                        .xattr("user.tool", (byte) 1)
                        .file("opt/jdk/java", "java")
                        .symlink("opt/jdk/link", "java")
                        .file("opt/other", "other")
                        .bytes());
    }

    /** The digest that the application comes to. */
    String app(String name, String compression) throws IOException, InterruptedException {
        return build(name, """
                {"from": "%s", "created": "%s", "compression": "%s", "annotations": {"org.example.note": "noted"},
                 "layers": [
                   {"directory": "app", "dest": "/srv/app", "owner": "1000:1001", "exclude": ["**/*.tmp", "cache"]},
                   {"tar": "part.tar"},
                   {"copyFrom": "%s", "paths": [{"src": "/opt/jdk", "dest": "/usr/jdk"}]},
                   {"files": [{"path": "/etc/app.conf", "mode": "0640", "owner": "0:1001", "text": "answer = 42"},
                              {"path": "/bin/app", "mode": "0755", "base64": "IyEvYmluL3NoCg=="},
                              {"path": "/bin/link", "symlink": "/srv/app/run"}, {"path": "/empty", "directory": true}],
                    "remove": ["/etc/gone", "/usr/share/doc"]}],
                 "config": {"entrypoint": [], "cmd": ["/bin/app", "--yes"], "workdir": "/srv", "user": "app",
                            "env": {"CHANGED": "app", "NEW": "app", "GONE": null}, "labels": {"label": "1"},
                            "exposedPorts": ["8080/tcp"], "volumes": ["/data"], "stopSignal": "SIGINT"}}
                """.formatted(BASE, CREATED, compression, TOOLS));
    }

    /** The digest that a spec beside the inputs comes to. */
    String build(String name, String spec) throws IOException, InterruptedException {
        Files.writeString(directory.resolve("spec.json"), spec);
        String digest =
                varve.quiet("build", "-f", directory.resolve("spec.json").toString(), "-t", name);
        assertThat(digest).matches("sha256:[0-9a-f]{64}\n");
        return digest.strip();
    }
}
