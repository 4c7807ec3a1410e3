package io.varve.archive;

import io.varve.failure.Failure;
import io.varve.oci.Reference;
import org.jspecify.annotations.Nullable;

/** What an archive calls an image, as a user would mean it. */
final class ImportedName {
    private ImportedName() {}

    /**
     * In full, with a tag and without a digest.
     *
     * @throws Failure Invalid when it is no such name
     */
    static Reference of(String text) {
        Reference reference;
        try {
            reference = Reference.normalized(text).withDefaultTag();
        } catch (Failure e) {
            throw Failure.invalid("name in the archive: got " + text + ", which is no reference; say another with -t");
        }
        if (reference.tag() == null) {
            throw Failure.invalid(
                    "name in the archive: got " + text + ", wanted one without a digest; say another with -t");
        }
        return new Reference(reference.domain(), reference.path(), reference.tag(), null);
    }

    /** Null for what is none. */
    static @Nullable Reference orNull(@Nullable String text) {
        try {
            return text == null ? null : of(text);
        } catch (Failure e) {
            return null;
        }
    }
}
