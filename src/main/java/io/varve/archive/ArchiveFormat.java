package io.varve.archive;

import io.varve.failure.Failure;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

/** What an image is written as, or read from. */
public enum ArchiveFormat {
    /** An OCI image layout. */
    OCI,
    /** What {@code docker save} writes. */
    DOCKER,
    /** All that an image shows, without its configuration. */
    ROOTFS;

    /** @throws Failure Invalid for a word that is none of them */
    public static ArchiveFormat parse(String word) {
        return Arrays.stream(values())
                .filter(each -> each.toString().equals(word))
                .findFirst()
                .orElseThrow(() -> Failure.invalid("got " + word + ", wanted "
                        + Arrays.stream(values()).map(ArchiveFormat::toString).collect(Collectors.joining(", "))));
    }

    /** The word for it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
