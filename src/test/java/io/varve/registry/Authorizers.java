package io.varve.registry;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.vertx.core.Future;
import java.net.URI;
import java.util.List;
import java.util.Optional;

/** Who decides what to send, as tests want it. */
final class Authorizers {
    private Authorizers() {}

    /** Has nothing to send. */
    static final Authorizer ANONYMOUS = new Authorizer() {
        @Override
        public Future<Optional<String>> authorization(URI endpoint, String host, Scope scope, Access access) {
            return Future.succeededFuture(Optional.empty());
        }

        @Override
        public Future<String> challenged(
                URI endpoint, String host, Scope scope, Access access, List<String> challenges, Optional<String> sent) {
            return Future.failedFuture(Failure.of(Category.UNAUTHORIZED, "got " + challenges + ", wanted none"));
        }

        @Override
        public Future<Failure> refused(URI endpoint, String host, Scope scope, Access access, String sent) {
            throw new AssertionError("nothing was sent");
        }
    };

    /** Sends this to everybody who asks for it. */
    static Authorizer onChallenge(String authorization) {
        return new Authorizer() {
            @Override
            public Future<Optional<String>> authorization(URI endpoint, String host, Scope scope, Access access) {
                return Future.succeededFuture(Optional.empty());
            }

            @Override
            public Future<String> challenged(
                    URI endpoint,
                    String host,
                    Scope scope,
                    Access access,
                    List<String> challenges,
                    Optional<String> sent) {
                return Future.succeededFuture(authorization);
            }

            @Override
            public Future<Failure> refused(URI endpoint, String host, Scope scope, Access access, String sent) {
                return Future.succeededFuture(Failure.of(Category.UNAUTHORIZED, "got 401 again"));
            }
        };
    }
}
