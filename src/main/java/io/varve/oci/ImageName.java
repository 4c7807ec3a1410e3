package io.varve.oci;

import io.varve.failure.Failure;
import java.util.regex.Pattern;

/** What somebody may write to name an image: a reference, or the digest of its manifest or image index. */
public sealed interface ImageName permits Reference, Digest {
    /** Anything else with a colon is a repository and its tag, {@code sha256:latest} too. */
    Pattern DIGEST = Pattern.compile("sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128}");

    /**
     * A digest, with or without {@code sha256:} before its 64 hex digits, or else a {@linkplain Reference#normalized
     * normalized} reference.
     *
     * @throws Failure Invalid when it is neither
     */
    static ImageName parse(String text) {
        if (Reference.IDENTIFIER.matcher(text).matches()) {
            return new Digest(Digest.Algorithm.SHA256, text);
        }
        return DIGEST.matcher(text).matches() ? Digest.parse(text) : Reference.normalized(text);
    }
}
