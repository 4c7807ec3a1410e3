package io.varve.cli;

import java.util.Objects;
import picocli.CommandLine.IVersionProvider;

/** The version that the build wrote into the jar. */
final class Version implements IVersionProvider {

    @Override
    public String[] getVersion() {
        String built = Version.class.getPackage().getImplementationVersion();
        return new String[] {
            "varve " + Objects.requireNonNullElse(built, "(not built as a jar)") + ", JDK " + Runtime.version()
        };
    }
}
