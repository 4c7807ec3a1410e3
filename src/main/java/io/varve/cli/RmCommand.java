package io.varve.cli;

import io.varve.oci.ImageName;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "rm",
        description = {
            "Take names away from images, all of them or none. What nothing needs any more goes with the next gc.",
            "",
            "A digest means the one name that the image has, or, of an image without a name, that it is not kept any longer.",
            "Example: varve rm registry.example/base:1 && varve gc"
        })
final class RmCommand implements Action {
    @ParentCommand
    VarveCommand varve = new VarveCommand();

    @Parameters(arity = "1..*", paramLabel = "REF", description = "Images of the store, by name or digest.")
    List<String> references = new ArrayList<>();

    @Override
    public void run(UseCases useCases) {
        List<ImageName> names = references.stream().map(ImageName::parse).toList();
        useCases.work().remove(names).forEach(varve.out()::println);
    }
}
