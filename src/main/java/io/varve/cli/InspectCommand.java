package io.varve.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.image.Description;
import io.varve.layerfs.Changes;
import io.varve.layerfs.FileType;
import io.varve.layerfs.Layer;
import io.varve.layerfs.Tree;
import io.varve.manifest.ArtifactPlan;
import io.varve.manifest.ImagePlan;
import io.varve.oci.Descriptor;
import io.varve.oci.Execution;
import io.varve.oci.MediaType;
import io.varve.pipeline.Image;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "inspect",
        description = {
            "Show what an image is made of: its configuration, its layers, and what they come to; or an artifact: its type and"
                    + " its blobs.",
            "",
            "Example: varve inspect oci:./layout:latest"
        })
final class InspectCommand implements Action {
    /** The annotation that has the name of the file that a blob was. */
    private static final String TITLE = "org.opencontainers.image.title";

    @ParentCommand
    VarveCommand varve = new VarveCommand();

    @Mixin
    ImageOperand operand = new ImageOperand();

    @Option(names = "--json", description = "One object, with manifest and configuration as they are.")
    boolean json;

    @Override
    public void run(UseCases useCases) throws IOException {
        switch (operand.plan(useCases)) {
            case ImagePlan _ -> {
                Image image = operand.open(useCases, varve.options.quiet);
                if (json) {
                    print(Description.of(operand.reference, image));
                } else {
                    print(image, varve.out());
                }
            }
            case ArtifactPlan artifact -> {
                if (json) {
                    print(Description.of(operand.reference, artifact));
                } else {
                    print(artifact, varve.out());
                }
            }
        }
    }

    private void print(ObjectNode json) throws IOException {
        varve.out()
                .write(new ObjectMapper()
                        .enable(SerializationFeature.INDENT_OUTPUT)
                        .writeValueAsBytes(json));
        varve.out().println();
    }

    private void print(ArtifactPlan artifact, PrintStream out) {
        row(out, "Reference", operand.reference);
        row(out, "Digest", artifact.descriptor().digest());
        row(out, "Artifact", artifact.type());
        Descriptor subject = artifact.manifest().subject();
        row(out, "Subject", subject == null ? null : subject.toString());
        artifact.manifest().annotations().forEach((key, value) -> row(out, "Annotation", key + "=" + value));
        row(out, "Config", blob(artifact.manifest().config()));
        List<Descriptor> layers = artifact.manifest().layers();
        for (int i = 0; i < layers.size(); i++) {
            row(out, "Blob " + (i + 1), blob(layers.get(i)));
        }
    }

    private static String blob(Descriptor blob) {
        String title = blob.annotations().get(TITLE);
        return blob.digest() + "  " + Sizes.bytes(blob.size()) + " " + blob.mediaType()
                + (title == null ? "" : "  " + title);
    }

    private void print(Image image, PrintStream out) {
        ImagePlan plan = image.plan();
        Execution execution = plan.config().execution();
        row(out, "Reference", operand.reference);
        row(out, "Digest", plan.descriptor().digest());
        row(out, "Platform", plan.platform());
        row(out, "Created", plan.config().created());
        row(out, "User", execution.user());
        row(out, "Entrypoint", execution.entrypoint());
        row(out, "Cmd", execution.cmd());
        row(out, "WorkingDir", execution.workingDir());
        execution.env().forEach(variable -> row(out, "Env", variable));
        execution.labels().forEach((key, value) -> row(out, "Label", key + "=" + value));
        row(out, "ChainId", plan.chainId());
        for (int i = 0; i < image.layers().size(); i++) {
            Layer layer = image.layers().get(i);
            row(
                    out,
                    "Layer " + (i + 1),
                    String.format(
                            Locale.ROOT,
                            "%s  %s%s, %s as tar, %,d entries",
                            plan.layers().get(i).blob().digest(),
                            Sizes.bytes(plan.layers().get(i).blob().size()),
                            compression(plan.layers().get(i).blob().mediaType()),
                            Sizes.bytes(layer.size()),
                            Changes.open(layer.changes()).count()));
        }
        Tree tree = image.tree();
        Map<FileType, Integer> kinds = Description.kinds(tree);
        row(
                out,
                "Shows",
                String.format(
                        Locale.ROOT,
                        "%,d names: %,d files of %s, %,d directories, %,d symlinks, %,d others",
                        tree.entries(),
                        kinds.getOrDefault(FileType.REGULAR, 0),
                        Sizes.bytes(Description.fileBytes(tree)),
                        kinds.getOrDefault(FileType.DIRECTORY, 0),
                        kinds.getOrDefault(FileType.SYMLINK, 0),
                        kinds.getOrDefault(FileType.CHARACTER, 0)
                                + kinds.getOrDefault(FileType.BLOCK, 0)
                                + kinds.getOrDefault(FileType.FIFO, 0)));
    }

    private static String compression(MediaType mediaType) {
        return mediaType instanceof MediaType.Known known ? " " + known.compression() : "";
    }

    /** A fact on its line, unless there is nothing to say. Values come from images: escaped for the terminal. */
    private static void row(PrintStream out, String name, @Nullable Object value) {
        String text = value instanceof List<?> words
                ? String.join(" ", quoted(words))
                : value == null ? "" : value.toString();
        if (!text.isEmpty()) {
            out.printf("%-11s %s%n", name, Names.printable(text.getBytes(StandardCharsets.UTF_8)));
        }
    }

    private static List<String> quoted(List<?> words) {
        return words.stream()
                .map(word -> word.toString().matches("[A-Za-z0-9_@%+=:,./-]+") ? word.toString() : "'" + word + "'")
                .toList();
    }
}
