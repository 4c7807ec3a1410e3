package io.varve.cli;

import io.varve.decode.DecodeLimits;
import io.varve.decode.Decoders;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The version that the build wrote into the jar; with {@code -v} also what was found on this machine to inflate gzip with. */
final class Version implements IVersionProvider {
    @Spec
    @Nullable
    CommandSpec command;

    @Override
    public String[] getVersion() {
        String built = Version.class.getPackage().getImplementationVersion();
        String version =
                "varve " + Objects.requireNonNullElse(built, "(not built as a jar)") + ", JDK " + Runtime.version();
        return isVerbose()
                ? new String[] {version, "gzip is inflated by " + Decoders.inflater(DecodeLimits.DEFAULTS)}
                : new String[] {version};
    }

    private boolean isVerbose() {
        return command != null && command.root().userObject() instanceof VarveCommand varve && varve.options.verbose();
    }
}
