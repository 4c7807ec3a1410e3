package io.varve.registry;

import java.util.Optional;

/** Where credentials of registries are kept. Safe for any thread; blocks, on files and on helper processes. */
public interface Credentials {

    /**
     * What is kept for the repository or else the registry; empty for nothing, so it will be asked anonymously.
     *
     * @param host as references have it: {@code docker.io}, {@code registry.example:5000}
     * @param repository which of its repositories, as some have credentials of their own: {@code library/debian}; empty for
     *     none in particular
     * @throws io.varve.failure.Failure when what is kept cannot be read, without showing any of it
     */
    Optional<Credential> find(String host, String repository);
}
