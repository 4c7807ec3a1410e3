package io.varve.cli;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The command itself: global options, which subcommand, and what becomes of a failure. */
@Command(
        name = "varve",
        mixinStandardHelpOptions = true,
        scope = CommandLine.ScopeType.INHERIT,
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        description = {
            "Images as filesystems, without unpacking them.",
            "",
            "A layer is kept as its tar. An image is an index over the tars of its layers, which the kernel mounts.",
            ""
        },
        footer = {
            "",
            "Exit codes: 0 done, 1 failed, 2 usage, 3 environment, 130 interrupted.",
            "A failure is one line on stderr: varve: CATEGORY: WHAT WAS BEING DONE: WHAT WAS WRONG"
        },
        subcommands = {
            LsCommand.class,
            CatCommand.class,
            InspectCommand.class,
            UnpackCommand.class,
            MountCommand.class,
            UmountCommand.class,
            MountsCommand.class,
            DemoCommand.class
        })
public final class VarveCommand {
    private static final int DONE = 0;
    private static final int FAILED = 1;
    private static final int INTERRUPTED = 130;

    @Mixin
    GlobalOptions options = new GlobalOptions();

    private final PrintStream out = new PrintStream(
            new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16), false, StandardCharsets.UTF_8);

    VarveCommand() {}

    /** Where results go; flushed when the command ends. */
    PrintStream out() {
        return out;
    }

    /**
     * Runs a command line.
     *
     * @param compose makes the use cases of a store with its settings
     * @return the exit code
     */
    public static int run(String[] arguments, Function<GlobalOptions, UseCases> compose) {
        VarveCommand varve = new VarveCommand();
        CommandLine line = new CommandLine(varve).setUsageHelpAutoWidth(true).setUsageHelpLongOptionsMaxWidth(24);
        line.setExecutionStrategy(parsed -> varve.execute(parsed, compose));
        int code = line.execute(arguments);
        varve.out.flush();
        return code;
    }

    private int execute(CommandLine.ParseResult parsed, Function<GlobalOptions, UseCases> compose) {
        Integer helped = CommandLine.executeHelpRequest(parsed);
        if (helped != null) {
            return helped;
        }
        if (!parsed.hasSubcommand()) {
            parsed.commandSpec().commandLine().usage(System.err);
            return CommandLine.ExitCode.USAGE;
        }
        Action action = (Action) parsed.subcommand().commandSpec().userObject();
        try {
            action.run(compose.apply(options));
            // A stream of results swallows what it cannot write, and remembers only that there was something.
            if (out.checkError()) {
                throw Failure.of(Category.UNAVAILABLE, "not all of it could be written")
                        .during("writing to stdout");
            }
            return DONE;
        } catch (Throwable thrown) {
            return failed(Failure.from(thrown), action);
        }
    }

    private int failed(Failure failure, Action action) {
        out.flush();
        System.err.println("varve: " + failure.getMessage());
        if (options.verbose) {
            failure.printStackTrace(System.err);
        }
        return switch (failure.category()) {
            case CANCELLED -> INTERRUPTED;
            case UNAVAILABLE -> action.whenUnavailable();
            default -> FAILED;
        };
    }
}
