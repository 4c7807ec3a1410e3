package io.varve.cli;

import io.varve.archive.ArchiveFormat;
import io.varve.archive.Exports;
import io.varve.archive.ImageArchive;
import io.varve.failure.Failure;
import io.varve.layout.LayoutReference;
import io.varve.oci.ImageName;
import io.varve.pipeline.Image;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

@Command(
        name = "export",
        description = {
            "Write an image as one file, to stdout or to -o FILE. The same image gives the same bytes; nothing is unpacked on the"
                    + " way, so anybody can do it.",
            "",
            "oci is an OCI layout as a tar: documents and blobs as they were pulled, so that digests stay. Of a multi-platform"
                    + " image it has what the store has, or one image with --platform. Artifacts can be written so too. varve"
                    + " import, varve pull oci-archive:FILE and skopeo read it.",
            "docker is what docker load and podman load take: one image with its layers uncompressed. Its configuration stays,"
                    + " and so does Docker's image id; its manifest is another one.",
            "rootfs is all that the image shows as one tar, without its configuration: owners, modes, times, xattrs,"
                    + " hardlinks, devices; holes of sparse files as zeros. Xattrs need to be asked of those who extract: tar"
                    + " -xp --xattrs --xattrs-include='*'.",
            "",
            "Examples: varve export debian -o debian.tar",
            "          varve export debian --format docker | docker load",
            "          varve export oci:./layout:latest --format rootfs | tar -t | head"
        })
final class ExportCommand implements Action {
    static final class FormatWord implements ITypeConverter<ArchiveFormat> {
        @Override
        public ArchiveFormat convert(String word) {
            try {
                return ArchiveFormat.parse(word);
            } catch (Failure e) {
                throw new TypeConversionException(e.wrong());
            }
        }
    }

    @ParentCommand
    VarveCommand varve = new VarveCommand();

    @Spec
    CommandSpec spec = CommandSpec.create();

    @Mixin
    ImageOperand operand = new ImageOperand();

    @Option(
            names = "-o",
            paramLabel = "FILE",
            description = "Where to write. FILE appears when all of it is there, and replaces what was there before."
                    + " Default: stdout, unless that is a terminal.")
    @Nullable
    Path file;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            converter = FormatWord.class,
            description = "What to write: oci, docker or rootfs. Default: oci.")
    ArchiveFormat format = ArchiveFormat.OCI;

    @Override
    public void run(UseCases useCases) {
        if (file != null) {
            writeTo(file, useCases);
        } else if (Terminal.hasStdout()) {
            throw new ParameterException(
                    spec.commandLine(), "export: stdout is a terminal, wanted -o FILE or a pipe behind it");
        } else {
            ImageArchive image = open(useCases);
            // Standard output as a channel: the kernel moves the bytes where both ends allow it.
            write(image, new FileOutputStream(FileDescriptor.out).getChannel(), "stdout");
        }
    }

    private void writeTo(Path to, UseCases useCases) {
        long started = System.nanoTime();
        long bytes;
        ImageArchive image;
        try (WholeFile whole = WholeFile.at(to)) {
            image = open(useCases);
            write(image, whole.channel(), to.toString());
            bytes = whole.publish();
        } catch (IOException e) {
            throw Failure.from(e).during(doing(to.toString()));
        }
        if (!varve.options.quiet) {
            System.err.printf(
                    Locale.ROOT,
                    "exported %s, %s in %s%n",
                    image.summary(),
                    Sizes.bytes(bytes),
                    Sizes.duration(System.nanoTime() - started));
        }
    }

    private ImageArchive open(UseCases useCases) {
        return switch (format) {
            case OCI -> layout(useCases.exports());
            case DOCKER -> docker(operand.open(useCases, varve.options.quiet));
            case ROOTFS -> Exports.rootfs(operand.open(useCases, varve.options.quiet));
        };
    }

    private ImageArchive layout(Exports exports) {
        try {
            return LayoutReference.matches(operand.reference)
                    ? exports.layout(LayoutReference.parse(operand.reference), operand.wanted())
                    : exports.layout(ImageName.parse(operand.reference), operand.wanted());
        } catch (Failure e) {
            throw e.during(operand.reference);
        }
    }

    private ImageArchive docker(Image image) {
        return LayoutReference.matches(operand.reference)
                ? Exports.docker(image, LayoutReference.parse(operand.reference))
                : Exports.docker(image, ImageName.parse(operand.reference));
    }

    private static void write(ImageArchive image, WritableByteChannel out, String to) {
        try {
            image.writeTo(out);
        } catch (Failure e) {
            throw e.during(doing(to));
        }
    }

    private static String doing(String to) {
        return "exporting to " + to;
    }
}
