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
import java.net.URI;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RedirectIT {
    private static final String SECRET = "Bearer very-secret";

    private Setting setting;
    private FakeRegistry registry;
    private FakeRegistry cdn;
    private RegistryClient client;
    private Repository app;

    @BeforeEach
    void start() throws Exception {
        setting = new Setting().authorizer(Authorizers.onChallenge(SECRET));
        registry = FakeRegistry.http(setting.vertx);
        cdn = FakeRegistry.http(setting.vertx);
        Setting.manifest(registry);
        client = setting.client();
        app = app(registry.server().host());
    }

    @AfterEach
    void stop() throws Exception {
        setting.close();
    }

    /** As registries do that have their blobs elsewhere: who may is sent on. */
    private void sendOn(Fault to) {
        registry.server()
                .always(
                        "/v2/app/",
                        (asked, honest) -> asked.header("Authorization") == null
                                ? FakeRegistry.unauthorized("Bearer realm=\"x\"")
                                : to.reply(asked, honest));
    }

    @ParameterizedTest
    @ValueSource(ints = {301, 302, 303, 307, 308})
    void otherOriginsDoNotLearnWhoWeAre(int status) throws Exception {
        byte[] bytes = random(300_000);
        cdn.blob(bytes);
        sendOn((asked, honest) -> Fault.redirect(status, cdn.server().url() + asked.uri() + "?signature=x")
                .reply(asked, honest));
        CollectedSlabs sink = CollectedSlabs.all();

        await(client.blob(app, layer(bytes), 5, sink));

        assertThat(sink.bytes()).hasSize(bytes.length - 5);
        assertThat(registry.server().asked("").getLast().header("Authorization"))
                .isEqualTo(SECRET);
        assertThat(cdn.server().asked("")).singleElement().satisfies(asked -> {
            assertThat(asked.header("Authorization")).isNull();
            assertThat(asked.header("Range")).isEqualTo("bytes=5-");
            assertThat(asked.uri()).endsWith("?signature=x");
        });
    }

    @Test
    void otherOriginsThatSendBackDoNotGiveItBack() throws Exception {
        sendOn(Fault.redirectTo(cdn.server()));
        cdn.server().always("", Fault.redirect(307, registry.server().url() + "/v2/app/manifests/2"));

        assertThat(failure(client.resolve(app, "1", LIMIT)).category()).isEqualTo(Category.UNAUTHORIZED);
        assertThat(registry.server().asked("").getLast().header("Authorization"))
                .isNull();
    }

    @Test
    void sameOriginLearnsIt() throws Exception {
        registry.server().always("/manifests/2", Fault.redirect(302, "1"));
        registry.server()
                .always(
                        "/manifests/1",
                        (asked, honest) -> asked.header("Authorization") == null
                                ? FakeRegistry.unauthorized("Bearer realm=\"x\"")
                                : honest.apply(asked));
        assertThat(await(client.resolve(app, "2", LIMIT)).bytes()).isEqualTo(MANIFEST);
        assertThat(registry.server().asked("").getLast().header("Authorization"))
                .isEqualTo(SECRET);
    }

    @Test
    void strangersWhoAskWhoWeAreAreNotTold() throws Exception {
        sendOn(Fault.redirectTo(cdn.server()));
        cdn.server().always("", Fault.status(401));

        assertThat(failure(client.resolve(app, "1", LIMIT)).category()).isEqualTo(Category.UNAUTHORIZED);
        assertThat(cdn.server().asked(""))
                .isNotEmpty()
                .allSatisfy(asked -> assertThat(asked.header("Authorization")).isNull());
    }

    @Test
    void endlessRedirectsEnd() throws Exception {
        registry.server().always("/manifests/", Fault.redirect(307, "1"));

        assertThat(failure(client.resolve(app, "1", LIMIT)))
                .hasMessageContainingAll("Exceeded: ", "redirects: got 6, at most 5 (limits.redirects)");
        assertThat(registry.server().asked("")).hasSize(6);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://169.254.169.254/latest/meta-data",
                "http://10.0.0.1/",
                "http://192.168.1.1:8080/",
                "http://0.0.0.0/",
                "http://[fe80::1]/",
                "http://[fd00::1]/",
                "http://[::ffff:10.0.0.1]/",
                "http://2852039166/",
                "http://0xa9fea9fe/",
                "http://0251.0376.0251.0376/",
                "http://metadata.test/",
                "ftp://127.0.0.1/",
                "file:///etc/passwd",
                "http://",
                "::not a url::"
            })
    void registryOnThisMachineLeadsNowhereElse(String location) throws Exception {
        setting.name("metadata.test", "127.0.0.1", "169.254.169.254");
        client = setting.client();
        registry.server().always("", Fault.redirect(307, location));

        assertThat(failure(client.resolve(app, "1", LIMIT)).category()).isEqualTo(Category.INVALID);
        assertThat(registry.server().asked("")).hasSize(1);
    }

    /** The registry's name answers differently the second time, as those do that try to get behind a check. */
    @Test
    void addressThatWasCheckedIsTheOneThatIsGoneTo() throws Exception {
        setting.name("registry.test", "127.0.0.1").name("cdn.test", "127.0.0.1");
        byte[] bytes = random(1_000);
        cdn.blob(bytes);
        String host = "registry.test:" + Setting.port(registry);
        client = setting.host(host, plain()).client();
        registry.server()
                .always(
                        "/blobs/",
                        (asked, honest) -> FakeReply.of(307, "")
                                .with("Location", "http://cdn.test:" + Setting.port(cdn) + asked.uri()));
        CollectedSlabs sink = CollectedSlabs.all();

        // No resolver but the client's own knows these names.
        await(client.blob(app(host), layer(bytes), 0, sink));

        assertThat(sink.bytes()).isEqualTo(bytes);
        assertThat(cdn.server().asked("").getFirst().header("Host")).startsWith("cdn.test:");
    }

    /** Containers have such names. */
    @Test
    void hostsWithUnderscoresAreGoneTo() throws Exception {
        setting.name("my_cdn.test", "127.0.0.1").name("my_mirror", "127.0.0.1");
        byte[] bytes = random(1_000);
        cdn.blob(bytes);
        String mirror = "my_mirror:" + Setting.port(registry);
        HostOptions mirrored =
                new HostOptions(List.of(URI.create("http://" + mirror)), true, false, null, null, null, 8, 16, false);
        client = setting.host("registry.test", mirrored).host(mirror, plain()).client();
        registry.server()
                .always(
                        "/blobs/",
                        (asked, honest) -> FakeReply.of(307, "")
                                .with("Location", "http://My_CDN.test:" + Setting.port(cdn) + asked.uri()));
        CollectedSlabs sink = CollectedSlabs.all();

        await(client.blob(app("registry.test"), layer(bytes), 0, sink));

        assertThat(sink.bytes()).isEqualTo(bytes);
        assertThat(registry.server().asked("").getFirst().header("Host")).isEqualTo(mirror);
        assertThat(cdn.server().asked("").getFirst().header("Host")).startsWith("my_cdn.test:");
    }

    @Test
    void hostsWithUnderscoresGiveTokens() throws Exception {
        setting.name("auth_service", "127.0.0.1");
        TokenIssuer issuer = TokenIssuer.opaque(Integer.MAX_VALUE);
        registry.demandTokens(issuer, "http://auth_service:" + Setting.port(cdn) + "/token");
        cdn.server().always("/token", (asked, honest) -> issuer.apply(asked));
        client = setting.authorizer(transport -> new Tokens(
                        setting.vertx, (host, repository) -> Optional.empty(), transport, InstantSource.system()))
                .client();

        assertThat(await(client.resolve(app, "1", LIMIT)).bytes()).isEqualTo(MANIFEST);
        assertThat(cdn.server().asked("/token").getFirst().header("Host")).startsWith("auth_service:");
    }

    private static HostOptions plain() {
        HostOptions defaults = HostOptions.DEFAULTS;
        return new HostOptions(
                defaults.mirrors(), true, false, null, null, null, defaults.connections(), defaults.requests(), false);
    }

    @ParameterizedTest
    @CsvSource({"http://169.254.169.254/token", "http://10.0.0.1/token", "http://token.test/"})
    void realmsOfTokensAreUnderTheSameRule(String realm) throws Exception {
        TokenTransport[] tokens = new TokenTransport[1];
        client = setting.authorizer(transport -> {
                    tokens[0] = transport;
                    return Authorizers.ANONYMOUS;
                })
                .name("token.test", "192.168.0.1")
                .client();
        await(client.resolve(app, "1", LIMIT));

        Future<TokenTransport.Answer> token = tokens[0].get(
                URI.create(realm), URI.create(registry.server().url()), Access.DEFAULT, Optional.of(SECRET));

        assertThat(failure(token))
                .hasMessageContainingAll("Invalid: ask http://", "for a token: sent on to")
                .hasMessageNotContaining("secret");
    }

    @Test
    void tokensAreAskedForWithWhatTheRegistryMaySee() throws Exception {
        TokenTransport[] tokens = new TokenTransport[1];
        client = setting.authorizer(transport -> {
                    tokens[0] = transport;
                    return Authorizers.ANONYMOUS;
                })
                .client();
        cdn.server().always("", (asked, honest) -> FakeReply.of(asked.uri().contains("bad") ? 400 : 200, "{}"));
        URI here = URI.create(registry.server().url());
        await(client.resolve(app, "1", LIMIT));

        TokenTransport.Answer got = await(tokens[0].get(
                URI.create(cdn.server().url() + "/token?scope=a"), here, Access.DEFAULT, Optional.of(SECRET)));
        assertThat(got.status()).isEqualTo(200);
        assertThat(got.body()).asString().isEqualTo("{}");
        TokenTransport.Answer bad =
                await(tokens[0].post(URI.create(cdn.server().url() + "/bad"), here, Access.DEFAULT, "a=b"));
        assertThat(bad.status()).isEqualTo(400);
        assertThat(cdn.server().asked("GET").getFirst().header("Authorization")).isEqualTo(SECRET);
        assertThat(cdn.server().asked("POST").getFirst().body()).hasToString("a=b");
        cdn.server().always("long", Fault.NONE);
    }

    @Test
    void tokensAreSmall() throws Exception {
        TokenTransport[] tokens = new TokenTransport[1];
        client = setting.authorizer(transport -> {
                    tokens[0] = transport;
                    return Authorizers.ANONYMOUS;
                })
                .client();
        cdn.server().always("", (asked, honest) -> FakeReply.of(200, new byte[70_000]));
        await(client.resolve(app, "1", LIMIT));

        assertThat(failure(tokens[0].get(
                        URI.create(cdn.server().url()),
                        URI.create(registry.server().url()),
                        Access.DEFAULT,
                        Optional.empty())))
                .hasMessageContainingAll("Exceeded: ", "got 70000, at most 65536 (limits.tokenBytes)");
    }
}
