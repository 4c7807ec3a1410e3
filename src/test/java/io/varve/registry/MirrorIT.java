package io.varve.registry;

import static io.varve.registry.Setting.LIMIT;
import static io.varve.registry.Setting.MANIFEST;
import static io.varve.registry.Setting.app;
import static io.varve.registry.Setting.await;
import static io.varve.registry.Setting.failure;
import static io.varve.registry.Setting.layer;
import static io.varve.registry.Setting.random;
import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MirrorIT {
    private Setting setting;
    private FakeRegistry registry;
    private FakeRegistry mirror;
    private RegistryClient client;
    private Repository app;

    @BeforeEach
    void start() throws Exception {
        setting = new Setting();
        registry = FakeRegistry.http(setting.vertx);
        mirror = FakeRegistry.http(setting.vertx);
        app = app(registry.server().host());
        client = setting.host(registry.server().host(), mirrored(mirror.server().url() + "/cache"))
                .client();
    }

    @AfterEach
    void stop() throws Exception {
        setting.close();
    }

    private static HostOptions mirrored(String... urls) {
        HostOptions defaults = HostOptions.DEFAULTS;
        List<URI> mirrors = List.of(urls).stream().map(URI::create).toList();
        return new HostOptions(
                mirrors, null, false, null, null, null, defaults.connections(), defaults.requests(), false);
    }

    @Test
    void mirrorIsAskedFirst() throws Exception {
        mirror.manifest("cache/app", "1", MANIFEST);

        assertThat(await(client.resolve(app, "1", LIMIT)).bytes()).isEqualTo(MANIFEST);
        assertThat(registry.server().asked("")).isEmpty();
    }

    @Test
    void registryIsAskedWhereTheMirrorLacksTheThing() throws Exception {
        Setting.manifest(registry);

        assertThat(await(client.resolve(app, "1", LIMIT)).bytes()).isEqualTo(MANIFEST);
        assertThat(mirror.server().asked("")).hasSize(1);
    }

    @Test
    void registryIsAskedWhereTheMirrorIsInTrouble() throws Exception {
        Setting.manifest(registry);
        for (Fault each : List.of(
                Fault.status(503), Fault.status(401), Fault.hangUp(), Fault.redirect(307, "http://10.0.0.1/"))) {
            mirror.server().reset();
            mirror.server().always("", each);
            await(client.resolve(app, "1", LIMIT));
            assertThat(mirror.server().asked("")).hasSize(1);
        }
        mirror.close();
        await(client.resolve(app, "1", LIMIT));
        assertThat(setting.pauses).isEmpty();
    }

    @Test
    void registryGoesOnWhereTheMirrorBreaksOff() throws Exception {
        byte[] bytes = random(1_000_000);
        mirror.blob(bytes);
        registry.blob(bytes);
        mirror.server().script("/blobs/", Fault.cut(400_000), Fault.hangUp());
        CollectedSlabs sink = CollectedSlabs.all();

        await(client.blob(app, layer(bytes), 0, sink));

        assertThat(sink.bytes()).isEqualTo(bytes);
        assertThat(mirror.server().asked("")).hasSize(2);
        assertThat(registry.server().asked("").getFirst().header("Range")).startsWith("bytes=");
    }

    @Test
    void mirrorThatIsNotReachedIsLeftAloneForAWhile() throws Exception {
        Setting.manifest(registry);
        client = setting.host(registry.server().host(), mirrored("http://mirror.test"))
                .client();

        await(client.resolve(app, "1", LIMIT));
        assertThat(setting.lookups).containsExactly("mirror.test");
        setting.name("mirror.test", "127.0.0.1");
        mirror.close();
        client = setting.host(registry.server().host(), mirrored("http://mirror.test:" + Setting.port(mirror)))
                .client();
        await(client.resolve(app, "1", LIMIT));
        await(client.resolve(app, "1", LIMIT));
        assertThat(setting.lookups).hasSize(2);
    }

    @Test
    void registryHasTheLastWord() throws Exception {
        mirror.server().always("", Fault.status(500));

        assertThat(failure(client.resolve(app, "1", LIMIT)))
                .hasMessageStartingWith("NotFound: pull manifest 1 from " + app + ": status 404")
                .satisfies(failure -> assertThat(failure.getSuppressed())
                        .singleElement()
                        .asString()
                        .contains("asking " + mirror.server().url() + "/cache: status 500"));
    }

    @Test
    void mirrorsAreAskedInTheirOrderAndAsStrangers() throws Exception {
        FakeRegistry other = FakeRegistry.http(setting.vertx);
        other.manifest("app", "1", MANIFEST);
        client = setting.host(
                        registry.server().host(),
                        mirrored(mirror.server().url(), other.server().url() + "/"))
                .client();
        Access access = new Access(new Credential.Basic("user", "password"), true, true);

        await(client.resolve(new Repository(registry.server().host(), "app", access), "1", LIMIT));

        assertThat(mirror.server().asked("")).hasSize(1);
        assertThat(other.server().asked("").getFirst().header("Authorization")).isNull();
    }

    @Test
    void checkAsksTheRegistryItself() throws Exception {
        await(client.check(registry.server().host(), Access.DEFAULT));

        assertThat(mirror.server().asked("")).isEmpty();
    }
}
