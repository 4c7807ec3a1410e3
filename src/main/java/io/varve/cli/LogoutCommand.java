package io.varve.cli;

import io.varve.registry.Logins;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "logout",
        description = {
            "Forget who you are to a registry.",
            "",
            "What login, Docker or Podman kept for it is erased: with the helper that keeps it, from the Docker configuration, and"
                    + " from $REGISTRY_AUTH_FILE, or without that where Podman keeps it by itself"
                    + " ($XDG_RUNTIME_DIR/containers/auth.json, without that variable /run/user/UID/containers/auth.json and"
                    + " /run/containers/UID/auth.json, and $XDG_CONFIG_HOME/containers/auth.json or"
                    + " ~/.config/containers/auth.json). What is kept for one of its namespaces alone stays.",
            "Example: varve logout registry.example"
        })
final class LogoutCommand implements Action {
    @ParentCommand
    VarveCommand varve = new VarveCommand();

    @Parameters(
            arity = "0..1",
            paramLabel = "HOST",
            defaultValue = Logins.DEFAULT_HOST,
            description = "The registry, with its port if it has one. Default: ${DEFAULT-VALUE}")
    String host = Logins.DEFAULT_HOST;

    @Override
    public void run(UseCases useCases) {
        boolean some = useCases.logins().get().logout(host).await();
        if (!varve.options.quiet) {
            System.err.println(some ? "logged out of " + host : "nothing was kept for " + host);
        }
    }
}
