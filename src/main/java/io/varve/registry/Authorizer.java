package io.varve.registry;

import io.varve.failure.Failure;
import io.vertx.core.Future;
import java.net.URI;
import java.util.List;
import java.util.Optional;

/**
 * What to send registries as {@code Authorization}. Tokens are fetched once, whoever asks, and used until shortly before they
 * expire. Safe for any thread; futures complete on the caller's context.
 */
interface Authorizer {

    /**
     * What is known to be needed, to be sent with a first request; empty when nothing is known yet, so that the registry may
     * demand it.
     *
     * @param endpoint the scheme and authority of the registry or mirror that is asked
     * @param host whose credentials these are, as references have it
     */
    Future<Optional<String>> authorization(URI endpoint, String host, Scope scope, Access access);

    /**
     * The endpoint answered 401.
     *
     * @param challenges its {@code WWW-Authenticate} headers
     * @param sent what was sent and not accepted; it is not to be used again
     * @return what to try once more with
     * @throws Failure (as the failed future) Unauthorized when there is nothing better to try
     */
    Future<String> challenged(
            URI endpoint, String host, Scope scope, Access access, List<String> challenges, Optional<String> sent);

    /**
     * The endpoint answered 401 to what {@link #challenged} gave, too.
     *
     * @param sent what that was; it is not to be used again
     * @return who was refused, as the failure of the whole
     */
    Future<Failure> refused(URI endpoint, String host, Scope scope, Access access, String sent);
}
