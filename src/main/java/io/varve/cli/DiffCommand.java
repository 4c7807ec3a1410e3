package io.varve.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.varve.failure.Failure;
import io.varve.layerfs.Tree;
import io.varve.pipeline.Image;
import io.varve.report.Attribute;
import io.varve.report.ConfigDiff;
import io.varve.report.DiffJson;
import io.varve.report.TreeDiff;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "diff",
        description = {
            "Show what changed from one image to another, without mounting or unpacking them.",
            "",
            "First the configuration, a line for each field, environment variable and label; then the files, a line for each path:"
                    + " A for what was added, D for what is gone, C for what is another file, and in brackets what of it: type,"
                    + " content, target, mode, owner, xattrs, time. Bytes of files are compared only where their layers differ.",
            "No line means that there is no difference; the exit code is 0 either way.",
            "",
            "Examples: varve diff debian:bookworm debian:trixie | grep ^D",
            "          varve diff --json app:1 oci:./layout:2"
        })
final class DiffCommand implements Action {
    @ParentCommand
    VarveCommand varve = new VarveCommand();

    @Parameters(index = "0", paramLabel = "REF_A", description = "An image of the store, or of a layout or an archive.")
    String from = "";

    @Parameters(index = "1", paramLabel = "REF_B", description = "Another one.")
    String to = "";

    @Option(
            names = "--platform",
            paramLabel = "OS/ARCH[/VARIANT]",
            description = "Which images of multi-platform ones. Default: this machine's platform.")
    @Nullable
    String platform;

    @Option(names = "--json", description = "One object.")
    boolean json;

    @Override
    public void run(UseCases useCases) throws IOException {
        Image before = open(from, useCases);
        Image after = open(to, useCases);
        try {
            if (json) {
                printJson(before, after);
            } else {
                print(before, after, varve.out());
            }
        } catch (Failure e) {
            throw e.during("comparing " + from + " and " + to);
        }
    }

    private Image open(String reference, UseCases useCases) {
        ImageOperand operand = new ImageOperand();
        operand.reference = reference;
        operand.platform = platform;
        return operand.open(useCases, varve.options.quiet);
    }

    private void printJson(Image before, Image after) throws IOException {
        try (JsonGenerator generator = new JsonFactory().createGenerator(varve.out())) {
            generator.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            DiffJson.write(before, after, generator);
            generator.writeRaw('\n');
        }
    }

    private static void print(Image before, Image after, PrintStream out) throws IOException {
        ConfigDiff.of(before.plan().config(), after.plan().config()).forEach(change -> out.println(line(change)));
        TreeDiff.tell(DiffJson.side(before), DiffJson.side(after), new Lines(before.tree(), after.tree(), out));
    }

    private static String line(ConfigDiff.Change change) {
        String field = printable(change.field());
        if (change.from() == null) {
            return "A " + field + " = " + printable(String.valueOf(change.to()));
        }
        return change.to() == null
                ? "D " + field + " = " + printable(change.from())
                : "C " + field + " = " + printable(change.from()) + " -> " + printable(change.to());
    }

    private static String printable(String text) {
        return Names.printable(text.getBytes(UTF_8));
    }

    private record Lines(Tree before, Tree after, PrintStream out) implements TreeDiff.Listener {
        @Override
        public void added(byte[] path, int inode) {
            out.println("A " + shown(path));
        }

        @Override
        public void removed(byte[] path, int inode) {
            out.println("D " + shown(path));
        }

        @Override
        public void changed(byte[] path, int from, int to, Set<Attribute> what) {
            List<String> words = new ArrayList<>();
            what.forEach(each -> words.add(word(each, from, to)));
            out.println("C " + shown(path) + " (" + String.join(", ", words) + ")");
        }

        private String word(Attribute what, int from, int to) {
            return switch (what) {
                case TYPE ->
                    what + " " + before.type(from).name().toLowerCase(Locale.ROOT) + " -> "
                            + after.type(to).name().toLowerCase(Locale.ROOT);
                case MODE -> String.format("%s %04o -> %04o", what, before.mode(from), after.mode(to));
                case OWNER -> what + " " + owner(before, from) + " -> " + owner(after, to);
                case CONTENT, TARGET, XATTRS, TIME -> what.toString();
            };
        }

        private static String owner(Tree tree, int inode) {
            return Integer.toUnsignedString(tree.uid(inode)) + ":" + Integer.toUnsignedString(tree.gid(inode));
        }

        private static String shown(byte[] path) {
            return Names.printable(DiffJson.rooted(path));
        }
    }
}
