package io.varve.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.bus.SlabSink;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.guard.WatchedVertx;
import io.varve.oci.Descriptor;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LoginsIT {
    private static final int PATIENCE_S = 30;
    private static final Credential.Basic ALICE = new Credential.Basic("alice", "sEcReT");

    @TempDir
    Path home;

    private Vertx vertx;
    private DockerConfig config;
    private Logins logins;
    private final Doorkeeper registry = new Doorkeeper();

    /** A registry that says who may come in, and is asked nothing else. */
    private static final class Doorkeeper implements Registry {
        private final List<String> asked = new ArrayList<>();
        private Future<Void> answer = Future.succeededFuture();

        @Override
        public Future<Void> check(String host, Access access) {
            assertThat(Context.isOnEventLoopThread()).isTrue();
            asked.add(host + " " + access.credential());
            return answer;
        }

        @Override
        public Future<RemoteDocument> resolve(Repository repository, String tagOrDigest, long limit) {
            throw new AssertionError("not asked for");
        }

        @Override
        public Future<byte[]> document(Repository repository, Descriptor descriptor, long limit) {
            throw new AssertionError("not asked for");
        }

        @Override
        public Future<Void> blob(Repository repository, Descriptor descriptor, long offset, SlabSink sink) {
            throw new AssertionError("not asked for");
        }

        @Override
        public Future<Void> foreign(Repository repository, Descriptor descriptor, long offset, SlabSink sink) {
            throw new AssertionError("not asked for");
        }

        @Override
        public void close() {}
    }

    @BeforeEach
    void start() throws TimeoutException {
        vertx = WatchedVertx.create();
        config = new DockerConfig(Map.of("PATH", "/usr/bin:/bin"), home);
        logins = new Logins(vertx, registry, config);
    }

    @AfterEach
    void stop() throws TimeoutException {
        vertx.close().await(PATIENCE_S, TimeUnit.SECONDS);
    }

    private static <T> T value(Future<T> future) throws TimeoutException {
        return future.await(PATIENCE_S, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @CsvSource({
        "registry.example, registry.example",
        "registry.example:5000, registry.example:5000",
        "https://registry.example/, registry.example",
        "localhost, localhost",
        "docker.io, docker.io",
        "https://index.docker.io/v1/, docker.io"
    })
    void keepsWhatTheRegistryAccepts(String given, String host) throws TimeoutException {
        DockerConfig.Kept kept = value(logins.login(given, ALICE, Access.DEFAULT));
        assertThat(kept.where()).isEqualTo(home.resolve(".docker/config.json").toString());
        assertThat(registry.asked).containsExactly(host + " user alice");
        assertThat(config.find(host, "")).contains(ALICE);
        assertThat(value(logins.logout(given))).isTrue();
        assertThat(config.find(host, "")).isEmpty();
        assertThat(value(logins.logout(given))).isFalse();
    }

    @Test
    void keepsNothingThatTheRegistryRefuses() {
        registry.answer = Future.failedFuture(Failure.of(Category.UNAUTHORIZED, "status 401"));
        assertThatThrownBy(() -> value(logins.login("registry.example", ALICE, Access.DEFAULT)))
                .hasMessage("Unauthorized: login to registry.example: status 401");
        assertThat(home).isEmptyDirectory();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "registry.example/team", "registry example", "a@b", "https://", "[", "a:b", "\n"})
    void refusesWhatIsNoRegistry(String host) {
        assertThatThrownBy(() -> value(logins.login(host, ALICE, Access.DEFAULT)))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.category()).isEqualTo(Category.INVALID));
        assertThatThrownBy(() -> value(logins.logout(host))).isInstanceOf(Failure.class);
        assertThat(registry.asked).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"'', sEcReT", "a:b, sEcReT", "alice, ''"})
    void refusesCredentialsThatNoFileCouldHold(String user, String password) {
        assertThatThrownBy(() ->
                        value(logins.login("registry.example", new Credential.Basic(user, password), Access.DEFAULT)))
                .isInstanceOfSatisfying(
                        Failure.class, failure -> assertThat(failure.category()).isEqualTo(Category.INVALID))
                .hasMessageNotContaining("sEcReT");
        assertThat(registry.asked).isEmpty();
    }
}
