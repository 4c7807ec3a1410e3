package io.varve.cli;

import io.varve.failure.Failure;
import io.varve.layerfs.TreeTar;
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
            "Write an image as one file, to stdout or to -o FILE.",
            "",
            "rootfs is all that the image shows as one tar, without its configuration: owners, modes, times, xattrs,"
                    + " hardlinks, devices; holes of sparse files as zeros. Nothing is unpacked on the way, so anybody can"
                    + " do it. The same image gives the same bytes.",
            "Xattrs need to be asked of those who extract: tar -xp --xattrs --xattrs-include='*'.",
            "",
            "Examples: varve export debian --format rootfs | tar -t | head",
            "          varve export oci:./layout:latest --format rootfs -o rootfs.tar"
        })
final class ExportCommand implements Action {
    enum Format {
        ROOTFS
    }

    static final class FormatWord implements ITypeConverter<Format> {
        @Override
        public Format convert(String word) {
            if (!word.equals("rootfs")) {
                throw new TypeConversionException("got " + word + ", wanted rootfs");
            }
            return Format.ROOTFS;
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
            required = true,
            paramLabel = "FORMAT",
            converter = FormatWord.class,
            description = "What to write: rootfs, which is all there is so far.")
    Format format = Format.ROOTFS;

    @Override
    public void run(UseCases useCases) {
        if (file != null) {
            writeTo(file, useCases);
        } else if (Terminal.hasStdout()) {
            throw new ParameterException(
                    spec.commandLine(), "export: stdout is a terminal, wanted -o FILE or a pipe behind it");
        } else {
            Image image = open(useCases);
            // Standard output as a channel: the kernel moves the bytes where both ends allow it.
            write(image, new FileOutputStream(FileDescriptor.out).getChannel(), "stdout");
        }
    }

    private void writeTo(Path to, UseCases useCases) {
        long started = System.nanoTime();
        long bytes;
        Image image;
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
                    "exported %,d names, %s in %s%n",
                    image.tree().entries(),
                    Sizes.bytes(bytes),
                    Sizes.duration(System.nanoTime() - started));
        }
    }

    private Image open(UseCases useCases) {
        return operand.open(useCases, varve.options.quiet);
    }

    private void write(Image image, WritableByteChannel out, String to) {
        try {
            switch (format) {
                case ROOTFS -> TreeTar.write(image.tree(), image.layers(), out);
            }
        } catch (Failure e) {
            throw e.during(doing(to));
        }
    }

    private static String doing(String to) {
        return "exporting to " + to;
    }
}
