package io.varve.cli;

import io.varve.catalogue.Node;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "gc",
        description = {
            "Remove blobs, layers and indexes that no name, mounted view, running job or lease needs; print the bytes freed.",
            "",
            "What was pulled without a name, and what a failed pull left for the next attempt, is leased for a day.",
            "Example: varve gc --dry-run"
        })
final class GcCommand implements Action {
    @ParentCommand
    VarveCommand varve = new VarveCommand();

    @Option(names = "--dry-run", description = "Only say what would be removed.")
    boolean dryRun;

    @Override
    public void run(UseCases useCases) {
        StoreWork.Removed removed = useCases.work().collect(dryRun);
        if (!varve.options.quiet) {
            for (Node node : removed.nodes()) {
                System.err.printf(
                        "%s %s %s%n",
                        dryRun ? "would remove" : "removed",
                        node.kind().name().toLowerCase(Locale.ROOT),
                        node.digest());
            }
        }
        varve.out().println(removed.bytes());
    }
}
