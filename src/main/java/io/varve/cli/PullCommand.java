package io.varve.cli;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.image.Naming;
import io.varve.layout.LayoutReference;
import io.varve.oci.Descriptor;
import io.varve.oci.Platform;
import io.varve.oci.Reference;
import io.varve.pipeline.Origin;
import io.varve.pipeline.Platforms;
import io.varve.pipeline.Pulls;
import io.varve.registry.Access;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "pull",
        description = {
            "Bring images and artifacts into the store: verified, assembled, named; print their digests.",
            "",
            "From a registry by the name it has there, in Docker's short form or in full; credentials are those of docker login"
                    + " or podman login. What an interrupted pull has brought is not fetched again.",
            "A layout or archive without NAME or DIGEST gives all of its images. In the store each is called what the layout"
                    + " calls it, in full: debian becomes docker.io/library/debian:latest. One without a name is kept for a"
                    + " day.",
            "Of a multi-platform image the one nearest to the platform is taken: the same variant, else the newest older one"
                    + " (arm/v7: v6, v5; amd64/v3: v2, plain amd64), never a newer one; of equals the first. Entries that state"
                    + " no platform count when no other will do. --all-platforms takes every image; attestations are left out,"
                    + " and what else is no image is skipped with a line.",
            "An artifact (a chart, a module, a signature) is kept as it is, and cannot be mounted.",
            "Examples: varve pull debian:bookworm ghcr.io/owner/app@sha256:…",
            "          varve pull oci:./layout:debian oci-archive:app.tar"
        })
final class PullCommand implements Action {
    @ParentCommand
    VarveCommand varve = new VarveCommand();

    @Parameters(
            arity = "1..*",
            paramLabel = "REF",
            description = {
                "[HOST[:PORT]/]PATH[:TAG][@DIGEST] of a registry;",
                "oci:DIR[:NAME], oci:DIR@DIGEST, oci-archive:FILE[:NAME] or oci-archive:FILE@DIGEST."
            })
    List<String> references = new ArrayList<>();

    @Option(
            names = {"-t", "--tag"},
            paramLabel = "NAME",
            description = "What to call the image, of which there must be one.")
    @Nullable
    String tag;

    @Option(
            names = "--platform",
            paramLabel = "OS/ARCH[/VARIANT]",
            description = "Which image of a multi-platform one. Default: this machine's platform.")
    @Nullable
    String platform;

    @Option(names = "--all-platforms", description = "The images for every platform of a multi-platform one.")
    boolean allPlatforms;

    @Mixin
    AccessOptions access = new AccessOptions();

    @Override
    public void run(UseCases useCases) {
        if (allPlatforms && platform != null) {
            throw Failure.invalid("got --platform and --all-platforms, wanted one of them");
        }
        Access how = access.access();
        List<Origin> origins =
                references.stream().map(text -> origin(text, how)).toList();
        Reference name = tag == null ? null : Naming.name(tag);
        List<Pulls.Outcome> outcomes;
        try (Progress progress = Progress.onStderr(varve.options.quiet)) {
            outcomes = useCases.work().pull(origins, name, platforms(), progress);
        }
        List<Failure> failures = new ArrayList<>();
        for (Pulls.Outcome outcome : outcomes) {
            Descriptor image = outcome.image();
            if (image != null) {
                varve.out().println(image.digest());
            }
            if (outcome.failure() != null) {
                failures.add(outcome.failure());
            }
        }
        report(failures, outcomes.size());
    }

    private Platforms platforms() {
        return allPlatforms
                ? Platforms.All.ALL
                : new Platforms.Nearest(platform == null ? null : Platform.parse(platform));
    }

    private static Origin origin(String text, Access access) {
        return LayoutReference.matches(text)
                ? new Origin.Local(LayoutReference.parse(text))
                : new Origin.Remote(Reference.normalized(text), access);
    }

    /** Of several failures each is told, and the command fails with how many there were. */
    private void report(List<Failure> failures, int images) {
        if (failures.size() == 1) {
            throw failures.getFirst();
        }
        if (!failures.isEmpty()) {
            varve.out().flush();
            failures.forEach(failure -> System.err.println("varve: " + failure.getMessage()));
            Category category = failures.getFirst().category();
            throw Failure.of(category, failures.size() + " of " + images + " images failed")
                    .during("pull");
        }
    }
}
