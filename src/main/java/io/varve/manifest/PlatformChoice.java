package io.varve.manifest;

import io.varve.failure.Failure;
import io.varve.oci.Platform;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which of the images offered one after another is nearest to the wanted platform; of equally near ones the first stays.
 */
final class PlatformChoice<T> {
    /** A message names no more platforms than this, so no more are remembered. */
    private static final int MAX_LISTED = 50;

    private static final int MAX_SHOWN = 64;

    private final Platform wanted;
    private final Set<Platform> offered;
    private int distance = Integer.MAX_VALUE;
    private @Nullable T nearest;

    PlatformChoice(Platform wanted) {
        this(wanted, Set.of());
    }

    /** @param refused platforms offered elsewhere, none of which would do */
    PlatformChoice(Platform wanted, Set<Platform> refused) {
        this.wanted = wanted;
        this.offered = new LinkedHashSet<>(refused);
    }

    void offer(Platform platform, T image) {
        if (offered.size() < MAX_LISTED) {
            offered.add(platform);
        }
        OptionalInt far = wanted.distanceTo(platform);
        if (far.isPresent() && far.getAsInt() < distance) {
            distance = far.getAsInt();
            nearest = image;
        }
    }

    /** The platforms offered so far, as many as a message names. */
    Set<Platform> offered() {
        return offered;
    }

    /** Whether anything offered so far will do. */
    boolean possible() {
        return nearest != null;
    }

    /** @throws Failure NotFound, naming what was offered, when nothing will do */
    T nearest() {
        if (nearest == null) {
            throw none(wanted, offered);
        }
        return nearest;
    }

    static Failure none(Platform wanted, Collection<Platform> there) {
        String list = there.stream().map(platform -> cut(platform.toString())).collect(Collectors.joining(", "));
        return Failure.notFound("image for " + wanted + ": got " + (list.isEmpty() ? "none for any platform" : list));
    }

    /** What an image index calls a platform may be of any length. */
    private static String cut(String text) {
        return text.length() <= MAX_SHOWN ? text : text.substring(0, MAX_SHOWN) + "…";
    }
}
