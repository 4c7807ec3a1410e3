package io.varve.cli;

import io.varve.oci.Reference;
import io.varve.push.Pushed;
import io.varve.registry.Access;
import io.varve.registry.Credential;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "copy",
        description = {
            "Copy an image from one registry to another, or within one; print its digest.",
            "",
            "Blobs go through this process and are hashed on the way; nothing of them is kept, and the store is neither read nor"
                    + " written. What DST has is not sent, and within one registry blobs are mounted where it allows that. An"
                    + " image index is copied with all that it lists, attestations included.",
            "Examples: varve copy debian:bookworm registry.example/base/debian:bookworm",
            "          varve copy registry.example/app:1 127.0.0.1:5000/app:1 --dest-creds ci:secret"
        })
final class CopyCommand implements Action {
    @ParentCommand
    VarveCommand varve = new VarveCommand();

    @Parameters(index = "0", paramLabel = "SRC", description = "[HOST[:PORT]/]PATH[:TAG][@DIGEST] of a registry.")
    String source = "";

    @Parameters(index = "1", paramLabel = "DST", description = "[HOST[:PORT]/]PATH[:TAG] or PATH@DIGEST to copy it to.")
    String destination = "";

    @Option(
            names = "--src-creds",
            paramLabel = "USER:PASS",
            description = "Credentials for SRC. Default: those of --creds.")
    @Nullable
    String sourceCredentials;

    @Option(
            names = "--dest-creds",
            paramLabel = "USER:PASS",
            description = "Credentials for DST. Default: those of --creds.")
    @Nullable
    String destinationCredentials;

    @Mixin
    AccessOptions access = new AccessOptions();

    @Override
    public void run(UseCases useCases) {
        Reference from = Reference.normalized(source);
        Reference to = Reference.normalized(destination);
        Pushed pushed;
        try (Progress progress = Progress.ofPush(varve.options.quiet)) {
            pushed = useCases.pushes()
                    .copy(from, access(sourceCredentials), to, access(destinationCredentials), progress);
        }
        varve.out().println(pushed.image().digest());
    }

    private Access access(@Nullable String credentials) {
        return credentials == null ? access.access() : access.reach.access(Credential.parse(credentials));
    }
}
