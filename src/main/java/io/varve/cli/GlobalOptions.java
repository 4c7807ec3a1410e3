package io.varve.cli;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** What stands before the command, and what every command takes. */
public final class GlobalOptions {
    @Option(
            names = "--store",
            scope = ScopeType.INHERIT,
            paramLabel = "DIR",
            description = "Where layers, indexes and views are kept. Default: ${sys:varve.defaultStore}")
    @Nullable
    Path store;

    @Option(
            names = "--config",
            scope = ScopeType.INHERIT,
            paramLabel = "FILE",
            defaultValue = "${env:VARVE_CONFIG}",
            description =
                    "Settings, as conf/varve.yaml documents them; VARVE_… variables override them. Default: the file"
                            + " that VARVE_CONFIG names, if any.")
    @Nullable
    Path config;

    @Option(
            names = "-v",
            scope = ScopeType.INHERIT,
            description = "Show where in the program a failure came from; with --version, what inflates gzip here.")
    boolean verbose;

    @Option(names = "-q", scope = ScopeType.INHERIT, description = "No progress on stderr.")
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
