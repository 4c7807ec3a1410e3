package io.varve.registry;

import static io.varve.registry.Setting.LIMIT;
import static io.varve.registry.Setting.MANIFEST;
import static io.varve.registry.Setting.app;
import static io.varve.registry.Setting.await;
import static io.varve.registry.Setting.failure;
import static io.varve.registry.Setting.layer;
import static io.varve.registry.Setting.random;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.failure.Category;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.net.PemTrustOptions;
import java.io.IOException;
import java.nio.file.ClosedFileSystemException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsIT {
    private static final Access INSECURE = new Access(null, false, true);

    /** How long a connection is waited for where little else takes time. */
    private static final Duration CONNECT = Duration.ofSeconds(2);

    @TempDir
    Path directory;

    private final CertificateAuthority authority = new CertificateAuthority("test");
    private Setting setting;

    @BeforeEach
    void start() throws Exception {
        setting = new Setting();
    }

    @AfterEach
    void stop() throws Exception {
        setting.close();
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }

    private HostOptions secure(@Nullable Path certificate, @Nullable Path key, boolean http2) throws IOException {
        Path ca = file("ca.crt", authority.self().certificatePem());
        return new HostOptions(List.of(), false, false, ca, certificate, key, 8, 16, http2);
    }

    private static HostOptions untold() {
        return new HostOptions(List.of(), false, false, null, null, null, 8, 16, false);
    }

    private FakeRegistry https() throws Exception {
        FakeRegistry registry =
                FakeRegistry.https(setting.vertx, authority.server().options());
        Setting.manifest(registry);
        return registry;
    }

    @Test
    void certificatesOfTheFileAreTrusted() throws Exception {
        FakeRegistry registry = https();
        RegistryClient client = setting.host(registry.server().host(), secure(null, null, false))
                .client();

        assertThat(await(client.resolve(app(registry.server().host()), "1", LIMIT))
                        .bytes())
                .isEqualTo(MANIFEST);
    }

    @Test
    void namesAreCheckedThoughAnAddressIsGoneTo() throws Exception {
        FakeRegistry registry = https();
        String port = Setting.port(registry);
        setting.name("other.test", "127.0.0.1");
        RegistryClient client = setting.host("localhost:" + port, secure(null, null, false))
                .host("other.test:" + port, secure(null, null, false))
                .client();

        await(client.resolve(app("localhost:" + port), "1", LIMIT));
        assertThat(failure(client.resolve(app("other.test:" + port), "1", LIMIT)))
                .hasMessageContainingAll("Unavailable: ", "certificate not trusted", "other.test");
    }

    @Test
    void certificatesOfStrangersAreNot() throws Exception {
        FakeRegistry registry = https();
        RegistryClient client = setting.host(registry.server().host(), untold()).client();

        assertThat(failure(client.resolve(app(registry.server().host()), "1", LIMIT)))
                .hasMessageContainingAll("Unavailable: pull manifest", "certificate not trusted: ");
        assertThat(setting.pauses).isEmpty();
        assertThat(registry.server().asked("")).isEmpty();
    }

    @Test
    void unlessTheUserDoesNotCare() throws Exception {
        FakeRegistry registry = https();
        RegistryClient client = setting.client();
        Repository app = new Repository(registry.server().host(), "app", INSECURE);

        assertThat(await(client.resolve(app, "1", LIMIT)).bytes()).isEqualTo(MANIFEST);
    }

    @Test
    void whoDoesNotCareGetsPlainHttpWhereThereIsNoTls() throws Exception {
        FakeRegistry registry = FakeRegistry.http(setting.vertx);
        Setting.manifest(registry);
        RegistryClient client = setting.client();
        Repository app = new Repository(registry.server().host(), "app", INSECURE);

        assertThat(await(client.resolve(app, "1", LIMIT)).bytes()).isEqualTo(MANIFEST);
        assertThat(setting.pauses).isEmpty();
    }

    @Test
    void nobodyElseGetsPlainHttp() throws Exception {
        FakeRegistry registry = FakeRegistry.http(setting.vertx);
        RegistryClient client = setting.host(registry.server().host(), untold()).client();

        assertThat(failure(client.resolve(app(registry.server().host()), "1", LIMIT)))
                .hasMessageStartingWith("Unavailable: ");
        assertThat(registry.server().asked("")).isEmpty();
    }

    @Test
    void tlsIsNotLeftByARedirect() throws Exception {
        FakeRegistry registry = https();
        FakeRegistry cdn = FakeRegistry.http(setting.vertx);
        registry.server().always("", Fault.redirect(307, cdn.server().url().replace("127.0.0.1", "cdn.test")));
        setting.name("cdn.test", "127.0.0.1");
        RegistryClient client = setting.host(registry.server().host(), secure(null, null, false))
                .client();

        assertThat(failure(client.resolve(app(registry.server().host()), "1", LIMIT)))
                .hasMessageContainingAll("Invalid: ", "sent on from https://", "wanted https");
        assertThat(cdn.server().asked("")).isEmpty();
    }

    @Test
    void hostThatSendsOnToItselfUnderTlsAndDoesNotKnowUsIsAskedOnce() throws Exception {
        FakeRegistry under = https();
        under.server().always("", Fault.status(401));
        FakeRegistry plain = FakeRegistry.http(setting.vertx);
        plain.server().always("", Fault.redirectTo(under.server()));
        RegistryClient client =
                setting.host(under.server().host(), secure(null, null, false)).client();

        assertThat(failure(client.resolve(app(plain.server().host()), "1", LIMIT))
                        .category())
                .isEqualTo(Category.UNAUTHORIZED);
        assertThat(under.server().asked("")).hasSize(1);
    }

    @Test
    void serversAreShownWhoWeAre() throws Exception {
        HttpServer server = await(setting.vertx
                .createHttpServer(new HttpServerOptions()
                        .setSsl(true)
                        .setKeyCertOptions(authority.server().options())
                        .setClientAuth(ClientAuth.REQUIRED)
                        .setTrustOptions(new PemTrustOptions()
                                .addCertValue(Buffer.buffer(authority.self().certificatePem()))))
                .requestHandler(request -> request.response().end())
                .listen(0, "127.0.0.1"));
        String host = "127.0.0.1:" + server.actualPort();
        CertificateAuthority.Identity me = authority.client("me");
        Path certificate = file("me.crt", me.certificatePem());
        Path key = file("me.key", me.keyPem());

        await(setting.host(host, secure(certificate, key, false)).client().check(host, Access.DEFAULT));
        assertThat(failure(
                        setting.host(host, secure(null, null, false)).client().check(host, Access.DEFAULT)))
                .hasMessageStartingWith("Unavailable: check " + host);
    }

    @Test
    void filesThatAreNotThereAreNamed() throws Exception {
        Path missing = directory.resolve("missing.crt");
        HostOptions options = new HostOptions(List.of(), false, false, missing, null, null, 8, 16, false);
        RegistryClient client = setting.host("127.0.0.1:1", options).client();

        assertThat(failure(client.check("127.0.0.1:1", Access.DEFAULT)))
                .hasMessageContainingAll("preparing for https://127.0.0.1:1", missing.toString());
        assertThat(setting.pauses).isEmpty();
    }

    @Test
    void whatKeepsAClientFromBeingMadeIsToldToAllWhoAsk() throws Exception {
        Path gone;
        try (FileSystem zip = FileSystems.newFileSystem(directory.resolve("a.zip"), Map.of("create", true))) {
            gone = Files.writeString(zip.getPath("ca.crt"), authority.self().certificatePem());
        }
        HostOptions options = new HostOptions(List.of(), false, false, gone, null, null, 8, 16, false);
        RegistryClient client = setting.host("127.0.0.1:1", options).client();

        for (int times = 0; times < 2; times++) {
            assertThat(failure(client.check("127.0.0.1:1", Access.DEFAULT)))
                    .hasMessageContainingAll("Internal: ", "preparing for https://127.0.0.1:1")
                    .hasCauseInstanceOf(ClosedFileSystemException.class);
        }
    }

    @Test
    void asManyRequestsAsMayBeAreMadeOverOneConnection() throws Exception {
        FakeRegistry registry =
                FakeRegistry.http2(setting.vertx, authority.server().options());
        Setting.manifest(registry);
        Path ca = file("ca.crt", authority.self().certificatePem());
        HostOptions most = new HostOptions(List.of(), false, false, ca, null, null, 8, 2047, true);
        RegistryClient client = setting.host(registry.server().host(), most).client();

        assertThat(await(client.resolve(app(registry.server().host()), "1", LIMIT))
                        .bytes())
                .isEqualTo(MANIFEST);
    }

    @Test
    void http2IsSpokenWhereItIsOffered() throws Exception {
        byte[] bytes = random(3_000_000);
        FakeRegistry registry =
                FakeRegistry.http2(setting.vertx, authority.server().options());
        registry.blob(bytes);
        registry.server().script("/blobs/", Fault.goAway(1_000_000), Fault.cut(500_000));
        RegistryClient client =
                setting.host(registry.server().host(), secure(null, null, true)).client();
        CollectedSlabs sink = CollectedSlabs.all();

        await(client.blob(app(registry.server().host()), layer(bytes), 0, sink));

        assertThat(sink.bytes()).isEqualTo(bytes);
        assertThat(registry.server().asked("")).hasSize(3);
    }

    @Test
    void http1IsSpokenWhereHttp2IsNotOffered() throws Exception {
        FakeRegistry registry = https();
        RegistryClient client =
                setting.host(registry.server().host(), secure(null, null, true)).client();

        assertThat(await(client.resolve(app(registry.server().host()), "1", LIMIT))
                        .bytes())
                .isEqualTo(MANIFEST);
    }

    /** Six blobs, where three connections may be and six requests: all of those that may be are under way at once. */
    private void pullSix(FakeRegistry registry, int atOnce, Function<Future<Void>, Future<Void>> held)
            throws Exception {
        byte[] bytes = random(1000);
        registry.blob(bytes);
        Path ca = file("ca.crt", authority.self().certificatePem());
        HostOptions options = new HostOptions(List.of(), false, false, ca, null, null, 3, 6, true);
        NetworkOptions once =
                new NetworkOptions(1, CONNECT, Duration.ofSeconds(20), Duration.ofMinutes(1), Duration.ofMinutes(1), 0);
        RegistryClient client =
                setting.network(once).host(registry.server().host(), options).client();
        Promise<Void> all = Promise.promise();
        Future<Void> released = held.apply(all.future());
        AtomicInteger heard = new AtomicInteger();
        registry.server().always("/blobs/", Fault.stall(0, released).heardBy(() -> {
            if (heard.incrementAndGet() == atOnce) {
                all.complete();
            }
        }));

        List<Future<Void>> pulled = Stream.generate(CollectedSlabs::all)
                .limit(6)
                .map(sink -> client.blob(app(registry.server().host()), layer(bytes), 0, sink))
                .toList();

        await(Future.all(pulled));
        assertThat(registry.server().mostConnections()).isLessThanOrEqualTo(3);
    }

    @Test
    void requestsShareConnectionsOfHttp2() throws Exception {
        pullSix(FakeRegistry.http2(setting.vertx, authority.server().options()), 6, all -> all);
    }

    @Test
    void whoWaitsForAConnectionOfHttp1DoesNotGiveUpThoughHttp2IsNotOffered() throws Exception {
        pullSix(
                https(),
                3,
                all -> all.compose(now -> setting.vertx.timer(CONNECT.toMillis() + 500))
                        .mapEmpty());
    }
}
