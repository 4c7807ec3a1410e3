package io.varve.cli;

import io.varve.pipeline.Image;
import io.varve.view.View;
import io.varve.view.ViewOptions;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "mount",
        description = {
            "Let the kernel mount an image, and print where.",
            "",
            "The mount is read-only, nosuid and nodev unless asked otherwise, and outlives this command. All views of an"
                    + " image share one kernel mount of its index. Needs root, and Linux 6.12, or 6.4 with loop devices.",
            "Example: varve mount oci:./layout:latest /mnt/image"
        })
final class MountCommand implements Action {
    private static final int ENVIRONMENT = 3;

    @ParentCommand
    VarveCommand varve = new VarveCommand();

    @Mixin
    ImageOperand operand = new ImageOperand();

    @Parameters(index = "1", paramLabel = "DIR", description = "An empty directory, or one to be made.")
    Path directory = Path.of("");

    @Option(names = "--rw", description = "Writable: what is written is kept in the store until the view is unmounted.")
    boolean writable;

    @Option(names = "--dev", description = "Let device nodes of the image work.")
    boolean dev;

    @Option(names = "--suid", description = "Let setuid programs and file capabilities of the image work.")
    boolean suid;

    @Override
    public void run(UseCases useCases) {
        Image image = operand.open(useCases, varve.options.quiet);
        View view = useCases.rootfs().mount(image, directory, new ViewOptions(writable, dev, suid, operand.reference));
        varve.out().println(Names.printable(view.directory().toString().getBytes(StandardCharsets.UTF_8)));
    }

    @Override
    public int whenUnavailable() {
        return ENVIRONMENT;
    }
}
