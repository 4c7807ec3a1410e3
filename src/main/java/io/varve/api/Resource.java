package io.varve.api;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;

/** What comes with us on the class path. */
final class Resource {
    private Resource() {}

    /** Blocks. */
    static byte[] read(String name) {
        try (InputStream in = Objects.requireNonNull(Resource.class.getResourceAsStream(name), name)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("a resource can be read", e);
        }
    }
}
