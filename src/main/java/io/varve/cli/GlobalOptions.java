package io.varve.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What stands before the command, and what every command takes. */
public final class GlobalOptions {
    @Option(
            names = "--store",
            paramLabel = "DIR",
            description =
                    "Where layers, indexes and views are kept. Default: the setting, else /var/lib/varve for root and"
                            + " $XDG_DATA_HOME/varve or ~/.local/share/varve for others.")
    @Nullable
    Path store;

    @Option(
            names = "--config",
            paramLabel = "FILE",
            description = "Settings, as conf/varve.yaml documents them; VARVE_… variables override them.")
    @Nullable
    Path config;

    @Option(names = "-v", description = "Show where in the program a failure came from.")
    boolean verbose;

    @Option(names = "-q", description = "No progress on stderr.")
    boolean quiet;

    public @Nullable Path store() {
        return store;
    }

    public @Nullable Path config() {
        return config;
    }

    public boolean verbose() {
        return verbose;
    }
}
