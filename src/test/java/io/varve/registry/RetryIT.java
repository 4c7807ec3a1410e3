package io.varve.registry;

import static io.varve.registry.Setting.LIMIT;
import static io.varve.registry.Setting.MANIFEST;
import static io.varve.registry.Setting.app;
import static io.varve.registry.Setting.await;
import static io.varve.registry.Setting.failure;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.varve.failure.Category;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServer;
import io.vertx.core.net.NetServer;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetryIT {
    private static final String MANIFESTS = "/manifests/";

    private Setting setting;
    private FakeRegistry registry;
    private RegistryClient client;
    private Repository app;

    @BeforeEach
    void start() throws Exception {
        setting = new Setting();
        registry = FakeRegistry.http(setting.vertx);
        Setting.manifest(registry);
        client = setting.client();
        app = app(registry.server().host());
    }

    @AfterEach
    void stop() throws Exception {
        setting.close();
    }

    private Failures always(Fault fault) throws Exception {
        registry.server().always(MANIFESTS, fault);
        return new Failures(
                failure(client.resolve(app, "1", LIMIT)).category(),
                registry.server().asked(MANIFESTS).size());
    }

    private record Failures(Category category, int attempts) {}

    @ParameterizedTest
    @ValueSource(ints = {408, 429, 500, 502, 503, 504})
    void passingRefusalsAreAskedAgain(int status) throws Exception {
        registry.server().script(MANIFESTS, Fault.status(status), Fault.status(status));

        assertThat(await(client.resolve(app, "1", LIMIT)).bytes()).isEqualTo(MANIFEST);
        assertThat(always(Fault.status(status))).isEqualTo(new Failures(Category.UNAVAILABLE, 3 + 5));
    }

    @ParameterizedTest
    @CsvSource({
        "400, INVALID",
        "401, UNAUTHORIZED",
        "403, UNAUTHORIZED",
        "404, NOT_FOUND",
        "410, NOT_FOUND",
        "418, INVALID",
        "501, UNAVAILABLE",
        "204, INVALID",
        "304, INVALID"
    })
    void lastingRefusalsAreNot(int status, Category category) throws Exception {
        assertThat(always(Fault.status(status))).isEqualTo(new Failures(category, 1));
    }

    @Test
    void pausesGrow() throws Exception {
        always(Fault.status(500));

        assertThat(setting.pauses).hasSize(4);
        for (int i = 0; i < 4; i++) {
            assertThat(setting.pauses.get(i)).isBetween(Duration.ofMillis(125L << i), Duration.ofMillis(250L << i));
        }
    }

    @Test
    void registryIsLeftAloneAsLongAsItWants() throws Exception {
        registry.server()
                .script(
                        MANIFESTS,
                        Fault.tooMany("7"),
                        Fault.tooMany("Sun, 06 Nov 1994 08:49:37 GMT"),
                        Fault.tooMany("3600"));
        await(client.resolve(app, "1", LIMIT));

        assertThat(setting.pauses).hasSize(3);
        assertThat(setting.pauses.get(0)).isEqualTo(Duration.ofSeconds(7));
        assertThat(setting.pauses.get(1)).isLessThan(Duration.ofSeconds(1));
        assertThat(setting.pauses.get(2)).isEqualTo(Duration.ofMinutes(1));
    }

    @Test
    void patienceMayBeACentury() throws Exception {
        Duration century = Duration.ofDays(36_500);
        Duration month = Duration.ofDays(30);
        client = setting.network(new NetworkOptions(3, month, century, century, century, 0))
                .client();
        registry.server().script(MANIFESTS, Fault.status(500));

        assertThat(await(client.resolve(app, "1", LIMIT)).bytes()).isEqualTo(MANIFEST);
    }

    @Test
    void patienceEndsBeforeAttemptsDo() throws Exception {
        client = setting.network(new NetworkOptions(
                        1000,
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(10),
                        Duration.ofMinutes(1),
                        0))
                .client();
        registry.server().script(MANIFESTS, Fault.tooMany("9"));

        assertThat(always(Fault.tooMany("11"))).isEqualTo(new Failures(Category.UNAVAILABLE, 2));
        assertThat(setting.pauses).containsExactly(Duration.ofSeconds(9));
    }

    @Test
    void nobodyThereIsUnavailable() throws Exception {
        registry.close();

        assertThat(failure(client.resolve(app, "1", LIMIT)))
                .hasMessageStartingWith("Unavailable: pull manifest 1 from " + app + ": Connection refused");
        assertThat(setting.pauses).hasSize(4);
    }

    @Test
    void everyAddressOfANameIsTried() throws Exception {
        String host = "registry.test:" + Setting.port(registry);
        HostOptions plain = new HostOptions(List.of(), true, false, null, null, null, 8, 16, false);
        client = setting.name("registry.test", "127.0.0.2", "127.0.0.1")
                .host(host, plain)
                .client();

        await(client.resolve(app(host), "1", LIMIT));
        assertThat(setting.pauses).isEmpty();
    }

    @Test
    void hostsMayBeAddressesOfIpv6() throws Exception {
        HttpServer server = setting.vertx
                .createHttpServer()
                .requestHandler(request -> request.response()
                        .setStatusCode(String.valueOf(request.authority()).startsWith("[::1]:") ? 200 : 400)
                        .end());
        Future<HttpServer> listening = server.listen(0, "::1");
        boolean there = await(listening.transform(done -> Future.succeededFuture(done.succeeded())));
        assumeTrue(there, "this machine has no IPv6");

        await(client.check("[::1]:" + server.actualPort(), Access.DEFAULT));
    }

    @Test
    void unknownHostIsNotAskedForAgain() throws Exception {
        assertThat(failure(client.resolve(app("nowhere.test"), "1", LIMIT)))
                .hasMessage("Unavailable: pull manifest 1 from nowhere.test/app: unknown host nowhere.test");
        assertThat(setting.pauses).isEmpty();
    }

    @Test
    void silenceIsUnavailable() throws Exception {
        client = setting.network(new NetworkOptions(
                        2,
                        Duration.ofSeconds(5),
                        Duration.ofMillis(200),
                        Duration.ofMinutes(5),
                        Duration.ofMinutes(1),
                        0))
                .client();

        NetServer silent = await(setting.vertx
                .createNetServer()
                .connectHandler(socket -> socket.handler(ignored -> {}))
                .listen(0, "127.0.0.1"));

        assertThat(failure(client.resolve(app("127.0.0.1:" + silent.actualPort()), "1", LIMIT)))
                .hasMessageContainingAll("Unavailable: ", "no answer for 0.2 s");
        assertThat(setting.pauses).hasSize(1);
    }
}
