package io.varve.cli;

import io.varve.failure.Failure;
import io.varve.layout.LayoutReference;
import io.varve.oci.Platform;
import io.varve.pipeline.Image;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which image: a reference, and a platform where there are several. */
final class ImageOperand {
    @Parameters(
            index = "0",
            paramLabel = "REF",
            description = "An image in an OCI layout: oci:DIR, oci:DIR:NAME or oci:DIR@DIGEST.")
    String reference = "";

    @Option(
            names = "--platform",
            paramLabel = "OS/ARCH[/VARIANT]",
            description = "Which image of a multi-platform one. Default: this machine's platform.")
    @Nullable
    String platform;

    LayoutReference layout() {
        if (!LayoutReference.matches(reference)) {
            throw Failure.invalid("got " + reference + ", wanted an image in an OCI layout: oci:DIR[:NAME]")
                    .during("reading the reference");
        }
        return LayoutReference.parse(reference);
    }

    @Nullable
    Platform wanted() {
        return platform == null ? null : Platform.parse(platform);
    }

    /** The image, its layers pulled as far as they are missing, with progress on stderr. */
    Image open(UseCases useCases, boolean quiet) {
        try (Progress progress = Progress.onStderr(quiet)) {
            return useCases.images().open(layout(), wanted(), progress);
        } catch (Failure e) {
            throw e.during(reference);
        }
    }
}
