package io.varve.cli;

import io.varve.oci.Compression;
import io.varve.oci.ImageName;
import io.varve.oci.Reference;
import io.varve.push.Pushed;
import io.varve.push.Pushes;
import io.varve.registry.Access;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "push",
        description = {
            "Bring an image of the store to a registry; print its digest.",
            "",
            "What the registry has is not sent: blobs are asked for first, and mounted from other repositories of the same host"
                    + " where the store knows them to be. The others are sent as they are in the store, several at once, the"
                    + " large ones in chunks, so that a cut costs no more than one of them. Manifests follow their blobs, image"
                    + " indexes their manifests, and the name comes last.",
            "Of a multi-platform image the manifests that the store has are pushed with the whole image index. Many registries"
                    + " take that only with all of its images: pull those with --all-platforms, or push one by its digest.",
            "Artifacts are pushed as they are. Registries that do not list what refers to an image by themselves have it listed"
                    + " by the tag sha256-<hex>. Foreign layers stay where they are.",
            "Examples: varve push registry.example/team/app:1",
            "          varve push debian registry.example/base/debian:bookworm"
        })
final class PushCommand implements Action {
    @ParentCommand
    VarveCommand varve = new VarveCommand();

    @Parameters(
            index = "0",
            paramLabel = "REF",
            description = "An image of the store, by name or digest: debian, registry.example/app:1, sha256:…")
    String reference = "";

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "DEST",
            description = "[HOST[:PORT]/]PATH[:TAG] or PATH@DIGEST to push it to. Default: its name.")
    @Nullable
    String destination;

    @Option(
            names = "--compression",
            paramLabel = "HOW",
            description =
                    "gzip or zstd: compress the layers so that are not yet. That makes it another image, with another digest.")
    @Nullable
    String compression;

    @Mixin
    AccessOptions access = new AccessOptions();

    @Override
    public void run(UseCases useCases) {
        ImageName image = ImageName.parse(reference);
        Reference to = destination == null ? Pushes.destination(image) : Reference.normalized(destination);
        Access how = access.access();
        Compression into = compression == null ? null : Compression.parse(compression);
        Pushed pushed;
        try (Progress progress = Progress.ofPush(varve.options.quiet)) {
            pushed = useCases.work().push(image, into, to, how, progress);
        }
        varve.out().println(pushed.image().digest());
    }
}
