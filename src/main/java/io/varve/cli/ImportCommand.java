package io.varve.cli;

import io.varve.archive.ArchiveFormat;
import io.varve.archive.Imports;
import io.varve.failure.Failure;
import io.varve.image.Naming;
import io.varve.oci.Platform;
import io.varve.oci.Reference;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "import",
        description = {
            "Bring the images of an archive into the store; print their digests.",
            "",
            "FILE is an OCI layout, as a directory or as a tar; what docker save, podman save or skopeo docker-archive: wrote, of any"
                    + " age; or the tar of a root filesystem, which becomes an image of one layer. Which of them it is shows by"
                    + " itself. Archives may be compressed with gzip or zstd.",
            "In the store each image is called what the archive calls it, in full; without a name it is kept for a day. What is"
                    + " uncompressed in an archive of Docker stays so, and the configuration stays as it is, with Docker's image id.",
            "What comes on stdin, or is compressed, is kept in the store while it is read; a file is read where it stands.",
            "",
            "Examples: docker save debian | varve import -",
            "          varve import app.tar -t registry.example/app:1",
            "          varve import rootfs.tar.gz --format rootfs -t base"
        })
final class ImportCommand implements Action {
    private static final String STDIN = "-";

    @ParentCommand
    VarveCommand varve = new VarveCommand();

    @Parameters(
            index = "0",
            paramLabel = "FILE",
            description = "An archive, the directory of an OCI layout, or - for stdin.")
    String file = STDIN;

    @Option(
            names = {"-t", "--tag"},
            paramLabel = "REF",
            description =
                    "What to call the image, of which there must be one, instead of what the archive calls it. May be"
                            + " repeated.")
    List<String> tags = new ArrayList<>();

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            converter = ExportCommand.FormatWord.class,
            description = "What FILE is: oci, docker or rootfs. Default: what it shows by itself.")
    @Nullable
    ArchiveFormat format;

    @Option(
            names = "--platform",
            paramLabel = "OS/ARCH[/VARIANT]",
            description = "What a root filesystem is for. Default: this machine's platform.")
    @Nullable
    String platform;

    @Override
    public void run(UseCases useCases) {
        List<Reference> names = tags.stream().map(Naming::name).toList();
        StoreWork.Arriving arriving = new StoreWork.Arriving(
                file.equals(STDIN) ? null : Path.of(file),
                format,
                names,
                platform == null ? null : Platform.parse(platform));
        List<Imports.Imported> imported;
        try (Progress progress = Progress.onStderr(varve.options.quiet)) {
            imported = useCases.work().bringIn(arriving, progress);
        } catch (Failure e) {
            throw e.during("importing " + (file.equals(STDIN) ? "stdin" : file));
        }
        imported.forEach(each -> varve.out().println(each.image().digest()));
    }
}
