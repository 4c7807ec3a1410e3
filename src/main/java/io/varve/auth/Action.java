package io.varve.auth;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What a caller may be allowed to do. None contains another. */
public enum Action {
    /** Order pulls from registries, and watch and cancel what he ordered. */
    PULL(true),
    /** See images, their files and their blobs. */
    READ(true),
    /** Give images names; to give one to an image takes READ of that image as well. */
    WRITE(true),
    /** Take names away. */
    DELETE(true),
    /** Build images, and give them names; what they are made of takes READ, or PULL when it is missing. */
    BUILD(true),
    /** Push images to registries, under the names that they have there; each takes READ of the image as well. */
    PUSH(true),
    /** Have images mounted, and unmounted, on the machine of the service. */
    ROOTFS(true),
    /** See what is measured. */
    METRICS(false),
    /** Collect what nothing needs, and see what keeps a thing. */
    ADMIN(false);

    private final boolean ofImages;

    Action(boolean ofImages) {
        this.ofImages = ofImages;
    }

    /** Whether it can be allowed for some images and not for others. */
    boolean ofImages() {
        return ofImages;
    }

    /** By its word. */
    public static Optional<Action> of(String word) {
        return Arrays.stream(values())
                .filter(each -> each.toString().equals(word))
                .findFirst();
    }

    /** The word in scopes and in the contract. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
