package io.varve.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.build.BuildSpec;
import io.varve.build.SpecReader;
import io.varve.failure.Failure;
import io.varve.image.Naming;
import io.varve.oci.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "build",
        description = {
            "Build an image from a base and changes, and print its digest.",
            "",
            "A spec is a JSON object: from (an image, or scratch), layers, config, tags, and so on. A layer is one of a tar, a blob of the"
                    + " store, files of another image (copyFrom), a directory, or files that stand in the spec and paths to remove."
                    + " docs/builds.md has all of it.",
            "The same spec with the same inputs comes to the same digest, on every machine: times are those of the spec, or else"
                    + " SOURCE_DATE_EPOCH, or else 1970. What was built before is not built again.",
            "",
            "Example: echo '{\"from\": \"debian\", \"layers\": [{\"directory\": \"./app\", \"dest\": \"/app\"}],"
                    + " \"config\": {\"cmd\": [\"/app/run\"]}}' | varve build -f - -t app:1"
        })
final class BuildCommand implements Action {
    private static final String STDIN = "-";
    private static final int MOST_SPEC = 64 << 20;

    @ParentCommand
    VarveCommand varve = new VarveCommand();

    @Option(
            names = {"-f", "--file"},
            required = true,
            paramLabel = "SPEC",
            description =
                    "The spec, or - for stdin. Relative paths in it begin where it is; on stdin, in the working directory.")
    String file = STDIN;

    @Option(
            names = {"-t", "--tag"},
            paramLabel = "REF",
            description = "One more name for the image.")
    List<String> tags = new ArrayList<>();

    @Option(names = "--push", description = "Push it by each of its names as well.")
    boolean push;

    @Mixin
    AccessOptions access = new AccessOptions();

    @Override
    public void run(UseCases useCases) {
        ObjectNode json = spec();
        BuildSpec spec;
        try {
            spec = SpecReader.read(json);
        } catch (Failure e) {
            throw e.during("reading " + name());
        }
        try (Progress progress = Progress.ofPush(varve.options.quiet)) {
            varve.out()
                    .println(useCases.work()
                            .build(json, spec, context(), access.access(), progress)
                            .digest());
        } catch (Failure e) {
            throw e.during("build");
        }
    }

    private String name() {
        return file.equals(STDIN) ? "the spec on stdin" : file;
    }

    private Path context() {
        Path directory =
                file.equals(STDIN) ? null : Path.of(file).toAbsolutePath().getParent();
        return directory == null ? Path.of("").toAbsolutePath() : directory;
    }

    /** With what the command line and the environment say besides. */
    private ObjectNode spec() {
        ObjectNode json;
        try (InputStream in = file.equals(STDIN) ? System.in : Files.newInputStream(Path.of(file))) {
            json = Json.read(in.readNBytes(MOST_SPEC + 1), MOST_SPEC);
        } catch (NoSuchFileException e) {
            throw Failure.notFound("there is no file").during("reading " + name());
        } catch (IOException | Failure e) {
            throw Failure.from(e).during("reading " + name());
        }
        tags.forEach(tag -> json.withArray("/tags").add(Naming.name(tag).toString()));
        if (push) {
            json.put("push", true);
        }
        String created = created(System.getenv());
        if (created != null && !json.hasNonNull("created")) {
            json.put("created", created);
        }
        return json;
    }

    private static @Nullable String created(Map<String, String> environment) {
        String epoch = environment.getOrDefault("SOURCE_DATE_EPOCH", "");
        if (epoch.isEmpty()) {
            return null;
        }
        if (!epoch.matches("[0-9]{1,11}")) {
            throw Failure.invalid("SOURCE_DATE_EPOCH: got " + epoch + ", wanted seconds since 1970");
        }
        return Instant.ofEpochSecond(Long.parseLong(epoch)).toString();
    }
}
