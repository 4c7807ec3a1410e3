package io.varve.cli;

import io.varve.bundle.BundleOptions;
import io.varve.failure.Failure;
import io.varve.pipeline.Image;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Stack;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
        name = "bundle",
        description = {
            "Make what a container runtime runs: a directory with config.json and the image as rootfs.",
            "",
            "The root filesystem is mounted, and can be written to; what is written goes with it (varve umount DIR/rootfs)."
                    + " What the image says of its program, environment, directory and user holds unless asked otherwise; users"
                    + " and groups are looked up inside the image.",
            "DIR is for its owner alone from then on (mode 0700): programs and devices of an unpacked image work, and so nobody"
                    + " else is to reach them.",
            "Example: varve bundle debian box --args sleep 60 && runc run --bundle box mine"
        })
final class BundleCommand implements Action {
    /** Behind this one, no word is ours. */
    static final String ARGS = "--args";

    private static final int ENVIRONMENT = 3;

    @ParentCommand
    VarveCommand varve = new VarveCommand();

    @Mixin
    ImageOperand operand = new ImageOperand();

    @Parameters(index = "1", paramLabel = "DIR", description = "A new or empty directory.")
    Path directory = Path.of("");

    @Option(names = "--mount", description = "Let the kernel mount the image. This is the default.")
    boolean mount;

    @Option(names = "--unpack", description = "Write the image out as files instead.")
    boolean unpack;

    @Option(names = "--read-only", description = "Mounted, and what is run in it cannot write to it.")
    boolean readOnly;

    @Option(
            names = "--rootless",
            description = "For those who are not root: as files that belong to the caller, who is root inside.")
    boolean rootless;

    @Option(
            names = ARGS,
            arity = "1..*",
            paramLabel = "ARG",
            parameterConsumer = Rest.class,
            description = "What to run, to the end of the line, in the place of the image's entrypoint and command.")
    @Nullable
    List<String> args;

    @Option(names = "--env", paramLabel = "NAME=VALUE", description = "One more variable, or another value of one.")
    List<String> env = new ArrayList<>();

    @Option(names = "--user", paramLabel = "USER[:GROUP]", description = "Who runs it, by names or numbers.")
    @Nullable
    String user;

    /** All words that are left, be they options of ours as well: what they mean is for the program to say. */
    static final class Rest implements CommandLine.IParameterConsumer {
        @Override
        public void consumeParameters(Stack<String> words, ArgSpec option, CommandSpec command) {
            if (words.isEmpty()) {
                throw new CommandLine.MissingParameterException(
                        command.commandLine(), option, ARGS + ": got no words, wanted one or more");
            }
            List<String> rest = new ArrayList<>();
            while (!words.isEmpty()) {
                rest.add(words.pop());
            }
            option.setValue(rest);
        }
    }

    @Override
    public void run(UseCases useCases) {
        BundleOptions options = new BundleOptions(root(), args, env, user, rootless, operand.reference);
        Image image = operand.open(useCases, varve.options.quiet);
        useCases.bundles().create(image, directory, options);
    }

    private BundleOptions.Root root() {
        boolean files = unpack || rootless;
        if (files && (mount || readOnly)) {
            throw Failure.invalid("got " + (mount ? "--mount" : "--read-only") + " and "
                    + (unpack ? "--unpack" : "--rootless") + ", wanted one of them");
        }
        if (files) {
            return BundleOptions.Root.UNPACKED;
        }
        return readOnly ? BundleOptions.Root.READ_ONLY : BundleOptions.Root.WRITABLE;
    }

    @Override
    public int whenUnavailable() {
        return ENVIRONMENT;
    }
}
