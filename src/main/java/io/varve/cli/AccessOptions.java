package io.varve.cli;

import io.varve.registry.Access;
import io.varve.registry.Credential;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** As whom a registry is asked, and how. */
final class AccessOptions {
    @Option(
            names = "--creds",
            paramLabel = "USER:PASS",
            description =
                    "Credentials for the registry. Other users of this machine can see them in its list of processes:"
                            + " varve login keeps them from there.")
    @Nullable
    String credentials;

    @Mixin
    ReachOptions reach = new ReachOptions();

    Access access() {
        return reach.access(credentials == null ? null : Credential.parse(credentials));
    }
}
