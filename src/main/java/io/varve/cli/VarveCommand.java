package io.varve.cli;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.store.StoreHeld;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
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
            "Exit codes: 0 done, 1 failed, 2 usage, 3 environment or store held, 130 interrupted.",
            "A failure is one line on stderr: varve: CATEGORY: WHAT WAS BEING DONE: WHAT WAS WRONG"
        })
public final class VarveCommand {
    /** In the order that the help has them in. */
    private static final List<Class<? extends Action>> COMMANDS = List.of(
            PullCommand.class,
            BuildCommand.class,
            PushCommand.class,
            CopyCommand.class,
            ImagesCommand.class,
            InspectCommand.class,
            TagCommand.class,
            RmCommand.class,
            LsCommand.class,
            CatCommand.class,
            DiffCommand.class,
            UsageCommand.class,
            UnpackCommand.class,
            ExportCommand.class,
            ImportCommand.class,
            BundleCommand.class,
            MountCommand.class,
            UmountCommand.class,
            MountsCommand.class,
            GcCommand.class,
            WhyCommand.class,
            VerifyCommand.class,
            LoginCommand.class,
            LogoutCommand.class,
            ServeCommand.class,
            DemoCommand.class);

    private static final int DONE = 0;
    private static final int FAILED = 1;
    private static final int ENVIRONMENT = 3;
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
        CommandLine line = varve.line(Subcommands.meant(COMMANDS, arguments), compose);
        // What is wrong is told by a line that knows all commands.
        line.setParameterExceptionHandler((wrong, again) -> varve.line(Subcommands.all(), compose)
                .setParameterExceptionHandler(VarveCommand::misused)
                .execute(again));
        int code = line.execute(arguments);
        varve.out.flush();
        return code;
    }

    private CommandLine line(Subcommands commands, Function<GlobalOptions, UseCases> compose) {
        CommandLine line = new CommandLine(this);
        commands.addTo(line, COMMANDS);
        return line.setUsageHelpAutoWidth(true)
                // A word that begins with @ is a word, and no file with more of them.
                .setExpandAtFiles(false)
                .setUsageHelpLongOptionsMaxWidth(24)
                .setExecutionStrategy(parsed -> execute(parsed, compose));
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
        } catch (CommandLine.ParameterException wrong) {
            // What the words alone do not show to be wrong needs no help behind it.
            System.err.println("varve: " + wrong.getMessage());
            return CommandLine.ExitCode.USAGE;
        } catch (Throwable thrown) {
            return failed(Failure.from(thrown), action);
        }
    }

    /** What is wrong and how the command is meant, in few lines: all of its help would push the one that matters off the screen. */
    private static int misused(CommandLine.ParameterException wrong, String... arguments) {
        CommandLine command = wrong.getCommandLine();
        CommandLine.Model.CommandSpec spec = command.getCommandSpec();
        String what = wrong.getMessage();
        if (spec.parent() == null
                && wrong instanceof CommandLine.UnmatchedArgumentException unmatched
                && !unmatched.isUnknownOption()) {
            what = unmatched.getUnmatched().getFirst() + ": no such command";
        }
        PrintWriter err = new PrintWriter(System.err, true, StandardCharsets.UTF_8);
        err.println(spec.qualifiedName(": ") + ": " + what);
        CommandLine.UnmatchedArgumentException.printSuggestions(wrong, err);
        err.print(command.getHelp().fullSynopsis());
        err.println("More: " + spec.qualifiedName() + " --help");
        return CommandLine.ExitCode.USAGE;
    }

    private int failed(Failure failure, Action action) {
        out.flush();
        System.err.println("varve: " + failure.getMessage());
        if (options.verbose) {
            failure.printStackTrace(System.err);
        }
        return switch (failure.category()) {
            case CANCELLED -> INTERRUPTED;
            case UNAVAILABLE -> failure.getCause() instanceof StoreHeld ? ENVIRONMENT : action.whenUnavailable();
            default -> FAILED;
        };
    }
}
