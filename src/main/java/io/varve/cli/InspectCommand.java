package io.varve.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.layerfs.Changes;
import io.varve.layerfs.FileType;
import io.varve.layerfs.Layer;
import io.varve.layerfs.Tree;
import io.varve.manifest.ImagePlan;
import io.varve.oci.Execution;
import io.varve.oci.MediaType;
import io.varve.pipeline.Image;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
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
            "Show what an image is made of: its configuration, its layers, and what they come to.",
            "",
            "Example: varve inspect oci:./layout:latest"
        })
final class InspectCommand implements Action {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    @ParentCommand
    VarveCommand varve = new VarveCommand();

    @Mixin
    ImageOperand operand = new ImageOperand();

    @Option(names = "--json", description = "One object, with manifest and configuration as they are.")
    boolean json;

    @Override
    public void run(UseCases useCases) throws IOException {
        Image image = operand.open(useCases, varve.options.quiet);
        if (json) {
            varve.out().write(JSON.writeValueAsBytes(json(image)));
            varve.out().println();
        } else {
            print(image, varve.out());
        }
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
        Map<FileType, Integer> kinds = kinds(tree);
        row(
                out,
                "Shows",
                String.format(
                        Locale.ROOT,
                        "%,d names: %,d files of %s, %,d directories, %,d symlinks, %,d others",
                        tree.entries(),
                        kinds.getOrDefault(FileType.REGULAR, 0),
                        Sizes.bytes(fileBytes(tree)),
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

    private ObjectNode json(Image image) {
        ImagePlan plan = image.plan();
        ObjectNode node = JSON.createObjectNode();
        node.put("reference", operand.reference);
        node.put("digest", plan.descriptor().digest().toString());
        node.put("platform", plan.platform().toString());
        node.put("chainId", plan.chainId().toString());
        ArrayNode layers = node.putArray("layers");
        for (int i = 0; i < image.layers().size(); i++) {
            Layer layer = image.layers().get(i);
            Changes changes = Changes.open(layer.changes());
            layers.addObject()
                    .put("digest", plan.layers().get(i).blob().digest().toString())
                    .put("size", plan.layers().get(i).blob().size())
                    .put("diffId", layer.diffId().toString())
                    .put("tarSize", layer.size())
                    .put("entries", changes.count())
                    .put("whiteouts", changes.marks());
        }
        Tree tree = image.tree();
        ObjectNode shows = node.putObject("tree");
        shows.put("names", tree.entries()).put("inodes", tree.inodes()).put("fileBytes", fileBytes(tree));
        kinds(tree).forEach((type, count) -> shows.put(type.name().toLowerCase(Locale.ROOT), count));
        node.set("manifest", plan.manifest().toJson());
        node.set("config", plan.config().toJson());
        return node;
    }

    private static Map<FileType, Integer> kinds(Tree tree) {
        Map<FileType, Integer> kinds = new EnumMap<>(FileType.class);
        for (int inode = 0; inode < tree.inodes(); inode++) {
            kinds.merge(tree.type(inode), 1, Integer::sum);
        }
        return kinds;
    }

    private static long fileBytes(Tree tree) {
        long bytes = 0;
        for (int inode = 0; inode < tree.inodes(); inode++) {
            if (tree.type(inode) == FileType.REGULAR) {
                bytes += tree.size(inode);
            }
        }
        return bytes;
    }
}
