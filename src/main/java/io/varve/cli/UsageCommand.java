package io.varve.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.varve.pipeline.Image;
import io.varve.report.Usage;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "usage",
        description = {
            "Show what the bytes of an image are spent on, layer by layer, base first.",
            "",
            "BLOB is what is transferred, TAR the uncompressed layer, FILES the bytes of the files in it. SHOWN are those that the"
                    + " image still shows, WASTED those that layers above hide or replace. SHARED says whether another image of"
                    + " the store has the same blob. The efficiency is how much of FILES is SHOWN.",
            "",
            "Example: varve usage debian"
        })
final class UsageCommand implements Action {
    private static final int SHORT_DIGEST = 12;

    @ParentCommand
    VarveCommand varve = new VarveCommand();

    @Mixin
    ImageOperand operand = new ImageOperand();

    @Option(names = "--json", description = "One object, in bytes.")
    boolean json;

    @Override
    public void run(UseCases useCases) throws IOException {
        Image image = operand.open(useCases, varve.options.quiet);
        Usage usage = Usage.of(image, useCases.store(), any -> true);
        if (json) {
            varve.out()
                    .write(new ObjectMapper()
                            .enable(SerializationFeature.INDENT_OUTPUT)
                            .writeValueAsBytes(usage.toJson(operand.reference)));
            varve.out().println();
        } else {
            print(usage, varve.out());
        }
    }

    private static void print(Usage usage, PrintStream out) {
        Table table = new Table("LAYER", "DIGEST", "BLOB", "TAR", "ENTRIES", "FILES", "SHOWN", "WASTED", "SHARED");
        int number = 0;
        for (Usage.OfLayer layer : usage.layers()) {
            table.row(
                    Integer.toString(++number),
                    layer.blob().hex().substring(0, SHORT_DIGEST),
                    Sizes.bytes(layer.blobBytes()),
                    Sizes.bytes(layer.tarBytes()),
                    Integer.toString(layer.entries()),
                    Sizes.bytes(layer.fileBytes()),
                    Sizes.bytes(layer.shownBytes()),
                    Sizes.bytes(layer.wastedBytes()),
                    layer.shared() ? "yes" : "no");
        }
        table.row(
                "total",
                "",
                Sizes.bytes(usage.blobBytes()),
                Sizes.bytes(usage.tarBytes()),
                Integer.toString(
                        usage.layers().stream().mapToInt(Usage.OfLayer::entries).sum()),
                Sizes.bytes(usage.fileBytes()),
                Sizes.bytes(usage.shownBytes()),
                Sizes.bytes(usage.wastedBytes()),
                Sizes.bytes(usage.sharedBytes()));
        table.print(out);
        out.printf(Locale.ROOT, "efficiency %.1f %%%n", 100 * usage.efficiency());
    }
}
