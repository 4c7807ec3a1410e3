package io.varve.registry;

import io.varve.failure.Failure;
import io.varve.oci.Digest;
import org.jspecify.annotations.Nullable;

/** {@code Docker-Content-Digest}: the digest that a registry has for what it answers about. Not all say it. */
final class DigestHeader {
    private static final String NAME = "Docker-Content-Digest";

    private DigestHeader() {}

    /**
     * Null when it does not say.
     *
     * @throws Failure Invalid when it says what is none, or none that can be computed
     */
    static @Nullable Digest of(Response response) {
        String header = response.headers().get(NAME);
        if (header == null || header.isBlank()) {
            return null;
        }
        try {
            return Digest.parse(header.strip());
        } catch (Failure e) {
            throw e.during(NAME);
        }
    }

    /** @throws Failure Mismatch when it keeps what was pushed by another digest of the same algorithm */
    static void check(Response response, Digest pushed) {
        Digest told = of(response);
        if (told != null && told.algorithm() == pushed.algorithm() && !told.equals(pushed)) {
            throw Failure.mismatch("digest that the registry keeps it by", told, pushed);
        }
    }
}
