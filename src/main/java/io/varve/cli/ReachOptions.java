package io.varve.cli;

import io.varve.registry.Access;
import io.varve.registry.Credential;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a registry is spoken to, beyond what the settings say of it. */
final class ReachOptions {
    @Option(
            names = "--plain-http",
            description = "Speak HTTP without TLS. Registries on this machine are spoken to so anyway.")
    boolean plainHttp;

    @Option(names = "--insecure", description = "Take any certificate for the registry's.")
    boolean insecure;

    /** @param credential null for what is kept for the registry */
    Access access(@Nullable Credential credential) {
        return new Access(credential, plainHttp, insecure, true);
    }
}
