package io.varve.cli;

import io.varve.pipeline.Image;
import java.io.IOException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "ls",
        description = {
            "List a directory of an image, without mounting or unpacking it.",
            "",
            "Names that are not printable UTF-8 show as \\xHH, which PATH takes too.",
            "Example: varve ls -l oci:./layout:latest /etc"
        })
final class LsCommand implements Action {
    @ParentCommand
    VarveCommand varve = new VarveCommand();

    @Mixin
    ImageOperand image = new ImageOperand();

    @picocli.CommandLine.Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "PATH",
            defaultValue = "/",
            description = "What to list. Default: the root.")
    String path = "/";

    @Option(names = "-l", description = "Mode, links, owner, group, size and time (UTC) of each entry.")
    boolean details;

    @Option(names = "-R", description = "Everything below, by its path.")
    boolean recursive;

    @Option(names = "--json", description = "An array of objects.")
    boolean json;

    @Override
    public void run(UseCases useCases) throws IOException {
        Image opened = image.open(useCases, varve.options.quiet);
        byte[] listed = Names.parse(path);
        if (json) {
            // Which layer something is of is more than an index tells of a single inode.
            Listing.printJson(opened.tree(), recursive, listed, varve.out());
        } else {
            opened.look(files -> Listing.print(files, recursive, details, listed, varve.out()));
        }
    }
}
