package io.varve.registry;

import static io.varve.registry.Setting.LIMIT;
import static io.varve.registry.Setting.MANIFEST;
import static io.varve.registry.Setting.app;
import static io.varve.registry.Setting.await;
import static io.varve.registry.Setting.failure;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.failure.Category;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The names in these tests are known to the proxy only. */
class ProxyIT {
    private static final String AUTHORIZATION = "Basic dXNlcjpwOnc="; // user:p:w

    @TempDir
    Path directory;

    private final List<String> proxied = new CopyOnWriteArrayList<>();
    private final CertificateAuthority authority = new CertificateAuthority("test");
    private Setting setting;
    private FakeRegistry registry;
    private String proxy;

    @BeforeEach
    void start() throws Exception {
        setting = new Setting();
        registry = FakeRegistry.https(setting.vertx, authority.server().options());
        Setting.manifest(registry);
        HttpServer server = await(
                setting.vertx.createHttpServer().requestHandler(this::answer).listen(0, "127.0.0.1"));
        proxy = "127.0.0.1:" + server.actualPort();
    }

    @AfterEach
    void stop() throws Exception {
        setting.close();
    }

    /** Everything that is asked for in the clear is the manifest; tunnels lead to the registry. */
    private void answer(HttpServerRequest request) {
        proxied.add(request.method() + " " + request.uri() + " " + request.getHeader("Proxy-Authorization"));
        if (request.method().equals(HttpMethod.CONNECT)) {
            String[] target = registry.server().host().split(":", 2);
            request.toNetSocket().onSuccess(client -> {
                client.pause();
                setting.vertx
                        .createNetClient()
                        .connect(Integer.parseInt(target[1]), target[0])
                        .onSuccess(server -> {
                            server.pipeTo(client);
                            client.pipeTo(server);
                        });
            });
        } else {
            request.response()
                    .putHeader("Content-Type", "application/vnd.oci.image.manifest.v1+json")
                    .end(Buffer.buffer(MANIFEST));
        }
    }

    @Test
    void plainRequestsNameTheirServer() throws Exception {
        RegistryClient client =
                setting.environment("HTTP_PROXY", "http://user:p%3Aw@" + proxy).client();
        Repository app = new Repository("registry.test", "app", new Access(null, true, false));

        assertThat(await(client.resolve(app, "1", LIMIT)).bytes()).isEqualTo(MANIFEST);
        assertThat(proxied).containsExactly("GET http://registry.test/v2/app/manifests/1 " + AUTHORIZATION);
    }

    @Test
    void tlsGoesThroughATunnel() throws Exception {
        Path ca =
                Files.writeString(directory.resolve("ca.crt"), authority.self().certificatePem());
        HostOptions options = new HostOptions(List.of(), null, false, ca, null, null, 8, 16, false);
        RegistryClient client = setting.environment("https_proxy", "user:p%3Aw@" + proxy)
                .host("registry.test", options)
                .client();

        // The certificate is one for localhost, so that the name is known to be checked.
        assertThat(failure(client.resolve(app("registry.test"), "1", LIMIT)))
                .hasMessageContainingAll("Unavailable: ", "certificate not trusted", "registry.test");
        Repository careless = new Repository("registry.test", "app", new Access(null, false, true));
        assertThat(await(client.resolve(careless, "1", LIMIT)).bytes()).isEqualTo(MANIFEST);
        assertThat(proxied).allMatch(("CONNECT registry.test:443 " + AUTHORIZATION)::equals);
    }

    @Test
    void thisMachineIsNotBehindIt() throws Exception {
        RegistryClient client = setting.environment("ALL_PROXY", proxy).client();
        FakeRegistry here = FakeRegistry.http(setting.vertx);
        Setting.manifest(here);

        await(client.resolve(app(here.server().host()), "1", LIMIT));
        assertThat(proxied).isEmpty();
    }

    @Test
    void whatIsExemptIsNotBehindIt() throws Exception {
        RegistryClient client = setting.environment("ALL_PROXY", proxy)
                .environment("NO_PROXY", "registry.test")
                .client();

        assertThat(failure(client.resolve(app("registry.test"), "1", LIMIT)))
                .hasMessageContaining("unknown host registry.test");
        assertThat(proxied).isEmpty();
    }

    @Test
    void addressesInRedirectsAreCheckedHereToo() throws Exception {
        HttpServer sending = await(setting.vertx
                .createHttpServer()
                .requestHandler(request -> request.response()
                        .setStatusCode(307)
                        .putHeader("Location", "http://169.254.169.254/")
                        .end())
                .listen(0, "127.0.0.1"));
        RegistryClient client = setting.environment("ALL_PROXY", "127.0.0.1:" + sending.actualPort())
                .client();
        Repository app = new Repository("registry.test", "app", new Access(null, true, false));

        assertThat(failure(client.resolve(app, "1", LIMIT)).category()).isEqualTo(Category.INVALID);
    }

    @Test
    void proxyThatWantsAPasswordIsToldApart() throws Exception {
        HttpServer strict = await(setting.vertx
                .createHttpServer()
                .requestHandler(request -> request.response().setStatusCode(407).end())
                .listen(0, "127.0.0.1"));
        RegistryClient client = setting.environment("ALL_PROXY", "127.0.0.1:" + strict.actualPort())
                .client();
        Repository plain = new Repository("registry.test", "app", new Access(null, true, false));

        assertThat(failure(client.resolve(plain, "1", LIMIT)).category()).isEqualTo(Category.UNAUTHORIZED);
        assertThat(failure(client.resolve(app("registry.test"), "1", LIMIT)))
                .hasMessageContainingAll("Unavailable: ", "407");
    }
}
