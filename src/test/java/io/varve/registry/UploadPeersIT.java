package io.varve.registry;

import static io.varve.registry.Setting.random;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.guard.WatchedVertx;
import io.varve.image.Peers;
import io.varve.oci.Digest;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Blobs go into docker-registry, however it wants to be asked. */
class UploadPeersIT {
    private static final CertificateAuthority AUTHORITY = new CertificateAuthority("test");
    private static final Access USER =
            new Access(Credential.parse(DockerRegistry.USER + ":" + DockerRegistry.PASSWORD), false, false);
    private static final int PATIENCE_S = 60;

    @TempDir
    Path directory;

    private final OfferedBytes large = new OfferedBytes(random(1_000_003));
    private final OfferedBytes small = new OfferedBytes(random(1_000));
    private Vertx vertx;

    @BeforeEach
    void start() throws TimeoutException {
        Peers.need("docker-registry");
        vertx = WatchedVertx.createForSockets();
    }

    @AfterEach
    void stop() throws TimeoutException {
        vertx.close().await(PATIENCE_S, TimeUnit.SECONDS);
    }

    private <T> T ask(Supplier<Future<T>> question) throws TimeoutException {
        return Future.<T>future(
                        answer -> vertx.runOnContext(on -> question.get().onComplete(answer)))
                .await(PATIENCE_S, TimeUnit.SECONDS);
    }

    private RegistryClient client(DockerRegistry registry, boolean http2) throws Exception {
        Path ca =
                Files.writeString(directory.resolve("ca.crt"), AUTHORITY.self().certificatePem());
        HostOptions options = new HostOptions(
                List.of(), !registry.tls(), false, registry.tls() ? ca : null, null, null, 8, 16, http2);
        return new RegistryClient(
                vertx,
                new RegistryOptions(
                        Map.of(registry.host(), options),
                        NetworkOptions.DEFAULTS,
                        new RegistryLimits(64 << 10, 5, 300_000)),
                Map.of(),
                tokens -> new Tokens(vertx, (host, repository) -> Optional.empty(), tokens, InstantSource.system()));
    }

    private void assertTakes(DockerRegistry registry, Access access, boolean http2) throws Exception {
        Repository team = new Repository(registry.host(), "team/app", access);
        Repository other = new Repository(registry.host(), "other/app", access);
        try (RegistryClient client = client(registry, http2)) {
            for (OfferedBytes each : List.of(small, large)) {
                assertThat(ask(() -> client.has(team, each.blob()))).isFalse();
                assertThat(ask(() -> client.upload(team, each, null))).isEqualTo(Uploaded.SENT);
                assertThat(ask(() -> client.has(team, each.blob()))).isTrue();
                assertThat(ask(() -> client.upload(other, each, "team/app"))).isEqualTo(Uploaded.MOUNTED);
                CollectedSlabs back = CollectedSlabs.all();
                ask(() -> client.blob(other, each.blob(), 0, back));
                assertThat(Digest.sha256(back.bytes())).isEqualTo(each.blob().digest());
            }
        }
    }

    @Test
    void openly() throws Exception {
        try (DockerRegistry registry = DockerRegistry.http(directory)) {
            assertTakes(registry, Access.DEFAULT, false);
        }
    }

    @Test
    void fromWhoHasThePassword() throws Exception {
        try (DockerRegistry registry = DockerRegistry.htpasswd(directory, AUTHORITY.server())) {
            assertTakes(registry, USER, false);
            assertRefused(registry, Access.DEFAULT);
        }
    }

    @Test
    void overHttp2() throws Exception {
        try (DockerRegistry registry = DockerRegistry.htpasswd(directory, AUTHORITY.server())) {
            assertTakes(registry, USER, true);
        }
    }

    @Test
    void fromWhoHasAToken() throws Exception {
        TokenIssuer issuer = TokenIssuer.signed(AUTHORITY.self()).onlyFor(DockerRegistry.USER, DockerRegistry.PASSWORD);
        try (FakeServer tokens = FakeServer.http(vertx, issuer);
                DockerRegistry registry = DockerRegistry.tokens(directory, tokens.url() + "/token", AUTHORITY.self())) {
            assertTakes(registry, USER, false);
            assertRefused(registry, Access.DEFAULT);
        }
    }

    private void assertRefused(DockerRegistry registry, Access access) throws Exception {
        Repository team = new Repository(registry.host(), "team/app", access);
        try (RegistryClient client = client(registry, false)) {
            Failure failure = catchThrowableOfType(Failure.class, () -> ask(() -> client.upload(team, small, null)));
            assertThat(failure.category()).isEqualTo(Category.UNAUTHORIZED);
            assertThat(failure)
                    .hasMessageStartingWith(
                            "Unauthorized: push blob " + small.blob().digest() + " to " + team + ": ");
        }
    }
}
