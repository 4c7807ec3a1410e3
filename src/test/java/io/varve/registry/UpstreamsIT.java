package io.varve.registry;

import static io.varve.registry.Setting.LIMIT;
import static io.varve.registry.Setting.MANIFEST;
import static io.varve.registry.Setting.app;
import static io.varve.registry.Setting.await;
import static io.varve.registry.Setting.failure;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.registry.Upstreams.Addresses;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where nobody may send us, however he goes about it. */
class UpstreamsIT {
    private Setting setting;
    private FakeRegistry registry;
    private String host;

    @BeforeEach
    void start() throws Exception {
        setting = new Setting();
        registry = FakeRegistry.http(setting.vertx);
        Setting.manifest(registry);
        host = registry.server().host();
    }

    @AfterEach
    void stop() throws Exception {
        setting.close();
    }

    private Failure refused(Repository repository) throws Exception {
        Failure failure = failure(setting.client().resolve(repository, "1", LIMIT));
        assertThat(failure.category()).as(failure.getMessage()).isEqualTo(Category.UNAUTHORIZED);
        assertThat(registry.server().asked("")).isEmpty();
        return failure;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1",
                "10.1.2.3",
                "192.168.0.1",
                "172.16.0.1",
                "100.64.0.1",
                "169.254.169.254",
                "[::1]",
                "[fe80::1]",
                "[fd00::1]",
                "[::ffff:127.0.0.1]",
                "localhost",
                "0.0.0.0",
                "224.0.0.1"
            })
    void addressesThatAreNotPublicAreRefused(String address) throws Exception {
        setting.upstreams(new Upstreams(List.of(), Addresses.PUBLIC));

        assertThat(refused(app(address + ":5000"))).hasMessageContaining("no public address");
    }

    @Test
    void namesAreWhatTheyLeadTo() throws Exception {
        setting.name("a.test", "203.0.113.5", "127.0.0.1").upstreams(new Upstreams(List.of(), Addresses.PUBLIC));

        assertThat(refused(app("a.test:" + Setting.port(registry)))).message().doesNotContain("127.0.0.1");
        assertThat(setting.lookups).containsExactly("a.test");
    }

    @ParameterizedTest
    @CsvSource({
        "a.test:PORT, true",
        "*.test:PORT, true",
        "*.test,      false",
        "a.test,      false",
        "b.test:PORT, false",
        "*,           false"
    })
    void hostsThatAreListedMayBeOnThisMachine(String listed, boolean allowed) throws Exception {
        String port = Setting.port(registry);
        setting.name("a.test", "127.0.0.1")
                .host("a.test:" + port, plain())
                .upstreams(new Upstreams(List.of(listed.replace("PORT", port)), Addresses.PUBLIC));

        if (allowed) {
            assertThat(await(setting.client().resolve(app("a.test:" + port), "1", LIMIT))
                            .bytes())
                    .isEqualTo(MANIFEST);
        } else {
            refused(app("a.test:" + port));
        }
    }

    private static HostOptions plain() {
        return new HostOptions(List.of(), true, false, null, null, null, 8, 16, false);
    }

    @Test
    void onlyWhatIsListedIsAsked() throws Exception {
        setting.upstreams(new Upstreams(List.of("registry.example"), Addresses.ANY));

        assertThat(refused(app(host))).hasMessageContaining("which upstreams.allow does not have");
        assertThat(setting.lookups).isEmpty();
    }

    @Test
    void oneCableIsNeverGoneTo() throws Exception {
        setting.upstreams(new Upstreams(List.of("169.254.169.254"), Addresses.PRIVATE));

        refused(app("169.254.169.254"));
    }

    @Test
    void privateAddressesMayBeAllowedForAll() throws Exception {
        setting.upstreams(new Upstreams(List.of(), Addresses.PRIVATE));

        assertThat(await(setting.client().resolve(app(host), "1", LIMIT)).bytes())
                .isEqualTo(MANIFEST);
    }

    @Test
    void mirrorsRedirectsAndRealmsAreHeldToItToo() throws Exception {
        FakeRegistry other = FakeRegistry.http(setting.vertx);
        Setting.manifest(other);
        setting.upstreams(new Upstreams(List.of(host), Addresses.PUBLIC));

        registry.server().always("/manifests/", Fault.redirectTo(other.server()));
        Failure sentOn = failure(setting.client().resolve(app(host), "1", LIMIT));
        assertThat(sentOn.category()).isEqualTo(Category.UNAUTHORIZED);
        assertThat(sentOn).hasMessageContaining("which upstreams.allow does not have");

        registry.server().reset();
        setting.host(
                host,
                new HostOptions(
                        List.of(URI.create(other.server().url())), null, false, null, null, null, 8, 16, false));
        // A mirror that cannot be gone to is passed by.
        assertThat(await(setting.client().resolve(app(host), "1", LIMIT)).bytes())
                .isEqualTo(MANIFEST);
        assertThat(other.server().asked("")).isEmpty();
    }

    @Test
    void whomTheyDoNotHoldForGoesAnywhere() throws Exception {
        setting.upstreams(new Upstreams(List.of("registry.example"), Addresses.PUBLIC));
        Repository app = new Repository(host, "app", new Access(null, false, false, true));

        assertThat(await(setting.client().resolve(app, "1", LIMIT)).bytes()).isEqualTo(MANIFEST);
    }

    @Test
    void whoeverMayAskOnThisMachineMayGoAnywhere() {
        Upstreams unsaid = new Upstreams(List.of(), Addresses.BY_CALLERS);

        assertThat(unsaid.forCallers(true)).isEqualTo(Upstreams.ANYWHERE);
        assertThat(unsaid.forCallers(false).addresses()).isEqualTo(Addresses.PUBLIC);
        assertThat(new Upstreams(List.of(), Addresses.PRIVATE).forCallers(false).addresses())
                .isEqualTo(Addresses.PRIVATE);
    }
}
