package io.varve.cli;

import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

@Command(
        name = "umount",
        description = {
            "Unmount a view, and forget what was written to it.",
            "",
            "The last view of an image takes the kernel's mount of its index along. A directory that mount made is removed.",
            "Example: varve umount /mnt/image"
        })
final class UmountCommand implements Action {
    @Parameters(index = "0", paramLabel = "DIR", description = "Where the view is mounted.")
    Path directory = Path.of("");

    @Override
    public void run(UseCases useCases) {
        useCases.views().unmount(directory);
    }
}
