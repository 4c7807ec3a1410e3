package io.varve.registry;

import io.varve.failure.Failure;
import io.varve.oci.Reference;

/**
 * A repository of a registry, and how it is to be reached.
 *
 * @param host as references have it: {@code docker.io}, {@code registry.example:5000}
 * @param path of the repository there: {@code library/debian}
 */
public record Repository(String host, String path, Access access) {

    /** @param reference with a domain, as normalised ones have */
    public static Repository of(Reference reference, Access access) {
        String domain = reference.domain();
        if (domain == null) {
            throw Failure.invalid("reference: got " + reference + ", wanted one with a registry");
        }
        return new Repository(domain, reference.path(), access);
    }

    @Override
    public String toString() {
        return host + "/" + path;
    }
}
