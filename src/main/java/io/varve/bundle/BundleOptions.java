package io.varve.bundle;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a bundle is to be made, and what of the image's own words is to be others.
 *
 * @param root how the root filesystem is there
 * @param args null for those of the image: its entrypoint and its command
 * @param env {@code NAME=value}, behind the image's own, or in the place of those with that name
 * @param user {@code user[:group]}, names or numbers; null for the image's
 * @param rootless whether whoever makes it has nothing but his own rights: he is root inside
 * @param image what to call the image where views are listed
 */
public record BundleOptions(
        Root root,
        @Nullable List<String> args,
        List<String> env,
        @Nullable String user,
        boolean rootless,
        String image) {

    /** How the root filesystem is there. */
    public enum Root {
        /** Mounted; what is written goes with it. */
        WRITABLE,
        /** Mounted; what is run in it cannot write to it. */
        READ_ONLY,
        /** As files. */
        UNPACKED
    }
}
