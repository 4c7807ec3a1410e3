package io.varve.cli;

import io.varve.failure.Failure;
import io.varve.pipeline.Image;
import io.varve.view.Materialise;
import io.varve.view.UnpackOptions;
import io.varve.view.Unpacked;
import java.nio.file.Path;
import java.util.Locale;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "unpack",
        description = {
            "Write an image out as files, with owners, modes, times, xattrs, hardlinks and holes.",
            "",
            "DIR must be new or empty; a failed unpack leaves nothing in it.",
            "Example: varve unpack oci:./layout:latest rootfs"
        })
final class UnpackCommand implements Action {
    @ParentCommand
    VarveCommand varve = new VarveCommand();

    @Mixin
    ImageOperand operand = new ImageOperand();

    @Parameters(index = "1", paramLabel = "DIR", description = "Where to write.")
    Path directory = Path.of("");

    @Option(
            names = "--rootless",
            description = "Everything belongs to the caller; devices become empty files, and xattrs that the kernel"
                    + " refuses are left out.")
    boolean rootless;

    @Override
    public void run(UseCases useCases) {
        Image image = operand.open(useCases, varve.options.quiet);
        long started = System.nanoTime();
        Unpacked done;
        try (UnpackMeter meter = new UnpackMeter(image.tree().entries(), varve.options.quiet)) {
            UnpackOptions options = new UnpackOptions(rootless, useCases.workers(), meter);
            done = Materialise.unpack(image.tree(), image.layers(), directory, options);
        } catch (Failure e) {
            throw e.during("unpacking to " + directory);
        }
        if (!varve.options.quiet) {
            System.err.println(summary(done, System.nanoTime() - started));
        }
    }

    static String summary(Unpacked done, long nanos) {
        String text = String.format(
                Locale.ROOT,
                "unpacked %,d files, %,d directories, %,d symlinks, %,d further names, %s in %s",
                done.files(),
                done.directories(),
                done.symlinks(),
                done.links(),
                Sizes.bytes(done.bytes()),
                Sizes.duration(nanos));
        if (done.standIns() > 0) {
            text += String.format(Locale.ROOT, "; %,d devices as empty files", done.standIns());
        }
        if (done.xattrsLeftOut() > 0) {
            text += String.format(Locale.ROOT, "; %,d xattrs left out", done.xattrsLeftOut());
        }
        return text;
    }
}
