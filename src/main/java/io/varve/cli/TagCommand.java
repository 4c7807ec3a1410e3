package io.varve.cli;

import io.varve.image.Naming;
import io.varve.oci.ImageName;
import io.varve.oci.Reference;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "tag",
        description = {
            "Give an image of the store one more name, which another image loses if it has it.",
            "",
            "Example: varve tag debian registry.example/base:1"
        })
final class TagCommand implements Action {
    @ParentCommand
    VarveCommand varve = new VarveCommand();

    @Parameters(index = "0", paramLabel = "REF", description = "The image, by name or digest.")
    String reference = "";

    @Parameters(index = "1", paramLabel = "NEW", description = "The name.")
    String name = "";

    @Override
    public void run(UseCases useCases) {
        Reference wanted = Naming.name(name);
        useCases.work().tag(ImageName.parse(reference), wanted);
        varve.out().println(wanted);
    }
}
