package io.varve.registry;

import io.varve.failure.Failure;
import io.varve.oci.Reference;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.util.Objects;

/** Logging in to registries and out of them. Nothing blocks; futures complete on a context of their own. */
public final class Logins {
    /** The registry that is meant when none is named. */
    public static final String DEFAULT_HOST = "docker.io";

    private final Vertx vertx;
    private final Registry registry;
    private final DockerConfig config;

    public Logins(Vertx vertx, Registry registry, DockerConfig config) {
        this.vertx = vertx;
        this.registry = registry;
        this.config = config;
    }

    /**
     * Has the registry say that it knows the user, and then keeps the credential.
     *
     * @param host in any spelling that Docker takes: {@code registry.example:5000}, {@code https://registry.example/}
     * @param how the registry is reached; its own credential is of no meaning here
     * @throws Failure (as the failed future) Unauthorized when the registry refuses it, and nothing is kept
     */
    public Future<DockerConfig.Kept> login(String host, Credential.Basic credential, Access how) {
        return Future.<Void>succeededFuture().compose(_ -> {
            RegistryKey key = key(host);
            if (credential.user().isEmpty()
                    || credential.user().indexOf(':') >= 0
                    || credential.password().isEmpty()) {
                throw Failure.invalid("credentials: got an empty user or password, or a user with a colon, wanted both")
                        .during("login to " + key);
            }
            Access access = new Access(credential, how.plainHttp(), how.insecure(), how.anywhere());
            Promise<Void> accepted = Promise.promise();
            vertx.runOnContext(_ -> registry.check(key.host(), access).onComplete(accepted));
            return accepted.future()
                    .compose(_ -> vertx.executeBlocking(() -> config.keep(key, credential), false))
                    .map(Objects::requireNonNull)
                    .recover(thrown -> Future.failedFuture(Failure.from(thrown).during("login to " + key)));
        });
    }

    /** Takes away what is kept; whether there was anything. */
    public Future<Boolean> logout(String host) {
        return Future.<Void>succeededFuture().compose(_ -> {
            RegistryKey key = key(host);
            return vertx.executeBlocking(() -> config.erase(key), false)
                    .map(Objects::requireNonNull)
                    .recover(thrown -> Future.failedFuture(Failure.from(thrown).during("logout of " + key)));
        });
    }

    /** @throws Failure Invalid when it names no registry, or a part of one */
    private static RegistryKey key(String host) {
        RegistryKey key = RegistryKey.parse(host);
        if (!key.path().isEmpty() || !Reference.isRegistry(key.host())) {
            throw Failure.invalid("registry: got " + host + ", wanted HOST[:PORT]");
        }
        return key;
    }
}
