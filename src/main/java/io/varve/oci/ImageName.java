package io.varve.oci;

import io.varve.failure.Failure;
import java.util.regex.Pattern;

/** What somebody may write to name an image: a reference, or the digest of its manifest or image index. */
public sealed interface ImageName permits Reference, Digest {
    /** What nobody would call an image. */
    Pattern MEANT_AS_DIGEST = Pattern.compile("(?i)sha(?:256|512):[0-9a-f]{32,}");

    /**
     * A digest, with or without {@code sha256:} before its 64 hex digits, or else a {@linkplain Reference#normalized
     * normalized} reference.
     *
     * @throws Failure Invalid when it is neither
     */
    static ImageName parse(String text) {
        // Anything else with a colon is a repository and its tag, "sha256:latest" too; but not what only misspells a
        // digest.
        if (Digest.GRAMMAR.matcher(text).matches()
                || MEANT_AS_DIGEST.matcher(text).matches()) {
            return Digest.parse(text);
        }
        if (Reference.IDENTIFIER.matcher(text).matches()) {
            return new Digest(Digest.Algorithm.SHA256, text);
        }
        return Reference.normalized(text);
    }
}
