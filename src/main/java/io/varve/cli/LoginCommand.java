package io.varve.cli;

import io.varve.failure.Failure;
import io.varve.registry.Credential;
import io.varve.registry.DockerConfig;
import io.varve.registry.Logins;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "login",
        description = {
            "Tell a registry who you are, and keep that for pulls and pushes.",
            "",
            "It is kept where Docker keeps it, and who is logged in with Docker is logged in here: with the helper that"
                    + " credsStore or credHelpers in $DOCKER_CONFIG/config.json or ~/.docker/config.json names, else in that file"
                    + " itself, where the password is encoded but not encrypted. Nothing is kept that the registry refuses.",
            "",
            "A user or password that is not given is asked for. Most registries take an access token for a password, which can"
                    + " be taken back.",
            "Example: varve login -u alice --password-stdin registry.example < token"
        })
final class LoginCommand implements Action {
    @ParentCommand
    VarveCommand varve = new VarveCommand();

    @Parameters(
            arity = "0..1",
            paramLabel = "HOST",
            defaultValue = Logins.DEFAULT_HOST,
            description = "The registry, with its port if it has one. Default: ${DEFAULT-VALUE}")
    String host = Logins.DEFAULT_HOST;

    @Option(
            names = {"-u", "--username"},
            paramLabel = "USER",
            description = "Who you are there.")
    @Nullable
    String user;

    @ArgGroup
    @Nullable
    Password password;

    @Mixin
    ReachOptions reach = new ReachOptions();

    /** At most one of them. */
    static final class Password {
        @Option(
                names = {"-p", "--password"},
                paramLabel = "PASSWORD",
                description = "The password. Everybody on this machine can see it while the command runs.")
        @Nullable
        String given;

        @Option(names = "--password-stdin", description = "Read the password from stdin, to its end.")
        boolean stdin;
    }

    @Override
    public void run(UseCases useCases) throws IOException {
        Credential.Basic credential;
        try {
            credential = credential();
        } catch (Failure e) {
            throw e.during("login to " + host);
        }
        DockerConfig.Kept kept = useCases.logins()
                .get()
                .login(host, credential, reach.access(null))
                .await();
        if (!varve.options.quiet) {
            System.err.println("logged in to " + host + " as " + credential.user() + "; kept "
                    + (kept.encoded()
                            ? "in " + kept.where() + ", which is not encrypted: a credsStore there would be"
                            : "by " + kept.where()));
        }
    }

    private Credential.Basic credential() throws IOException {
        if (password != null && password.stdin) {
            if (user == null) {
                throw Failure.invalid("got --password-stdin alone, wanted -u USER too");
            }
            return new Credential.Basic(user, Terminal.passwordOnStdin());
        }
        String who = user == null ? Terminal.ask("User: ") : user;
        String given = password == null ? null : password.given;
        return new Credential.Basic(who, given == null ? Terminal.askUnseen("Password: ") : given);
    }
}
