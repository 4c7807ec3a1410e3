package io.varve.cli;

import io.varve.failure.Failure;
import io.varve.layout.LayoutReference;
import io.varve.manifest.Plan;
import io.varve.oci.ImageName;
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
            description = {
                "An image of the store, by name or digest: debian, docker.io/library/debian:bookworm, sha256:…;",
                "or of an OCI layout: oci:DIR[:NAME], oci:DIR@DIGEST; or of an archive of one: oci-archive:FILE[:NAME]."
            })
    String reference = "";

    @Option(
            names = "--platform",
            paramLabel = "OS/ARCH[/VARIANT]",
            description = "Which image of a multi-platform one. Default: this machine's platform.")
    @Nullable
    String platform;

    @Nullable
    Platform wanted() {
        return platform == null ? null : Platform.parse(platform);
    }

    /** What it is, without a look at its layers. */
    Plan plan(UseCases useCases) {
        try {
            return LayoutReference.matches(reference)
                    ? useCases.images().plan(LayoutReference.parse(reference), wanted())
                    : useCases.images().plan(ImageName.parse(reference), wanted());
        } catch (Failure e) {
            throw e.during(reference);
        }
    }

    /** The image, its layers brought into the store as far as they are missing, with progress on stderr. */
    Image open(UseCases useCases, boolean quiet) {
        try (Progress progress = Progress.onStderr(quiet)) {
            if (!LayoutReference.matches(reference)) {
                return useCases.images().open(ImageName.parse(reference), wanted(), progress);
            }
            LayoutReference layout = LayoutReference.parse(reference);
            useCases.work().bring(layout, wanted(), progress);
            return useCases.images().open(layout, wanted(), progress);
        } catch (Failure e) {
            throw e.during(reference);
        }
    }
}
