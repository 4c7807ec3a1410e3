package io.varve.image;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.auth.Issuer;
import io.varve.guard.Deadline;
import io.varve.oci.Json;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import io.varve.registry.FakeRegistry;
import io.varve.registry.Fault;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page at {@code /}, in a browser. What it looked like is kept in {@code target/status-page}. */
class StatusPageCommandIT {
    private static final Path PICTURES = Path.of("target", "status-page");
    private static final String HOSTILE = "<img src=x onerror=document.title='caught'>";
    private static final int LAYER = 1_000_000;

    @TempDir
    Path directory;

    private final FakeSource source = new FakeSource();
    private Vertx vertx;
    private FakeRegistry registry;
    private RunningService service;
    private Browser browser;

    @BeforeEach
    void start() throws Exception {
        vertx = Vertx.vertx();
        registry = FakeRegistry.http(vertx);
        Varve varve = new Varve(directory);
        byte[] tar = new Tarball()
                .dir("etc/")
                .file("etc/motd", "hello")
                .file(("etc/" + HOSTILE).getBytes(UTF_8), new byte[3])
                .bytes();
        String pulled = varve.quiet(
                        "pull",
                        new LayoutImage(directory.resolve("layout"))
                                .plain(tar)
                                .write()
                                .toString())
                .strip();
        varve.quiet("tag", pulled, "registry.example/team/app:1");
        service = RunningService.start(varve, Map.of());
        browser = Browser.start(directory.resolve("profile"));
    }

    @AfterEach
    void stop() throws Exception {
        browser.end();
        service.close();
        registry.close();
        vertx.close().await(RunningService.PATIENCE_S, TimeUnit.SECONDS);
    }

    private void order(String repository) throws Exception {
        registry.add(repository, "1", source, FakeImage.gzip(source, repository, LAYER, LAYER));
        service.post(
                "/v1/pulls",
                Json.object().put("image", registry.reference(repository, "1").toString()));
    }

    private void open() throws Exception {
        browser.open("http://" + service.address() + "/");
    }

    @Test
    void showsWhatTheServiceDoesWhileItDoesIt() throws Exception {
        Promise<Void> gate = Promise.promise();
        registry.server().always("/blobs/", Fault.stall(LAYER / 2, gate.future()));
        order("running");
        open();

        browser.await("ready", "ready");
        String running = browser.await("jobs", "/running:1", "pull running", "active");
        assertThat(running).contains(" of 2.0 MB");
        browser.await("figures", "Jobs running\n1", "In the store", "Event loops late (p99)");
        assertThat(browser.run("return document.querySelectorAll('.lane').length")
                        .intValue())
                .isEqualTo(2);
        Files.createDirectories(PICTURES);
        browser.screenshot(PICTURES.resolve("light.png"));
        String light = ground();
        browser.darken();
        browser.screenshot(PICTURES.resolve("dark.png"));
        assertThat(ground()).isNotEqualTo(light);

        gate.complete();
        browser.await("jobs", "pull done");
        assertThat(browser.complaints()).isEmpty();
    }

    private String ground() throws Exception {
        return browser.run("return getComputedStyle(document.body).backgroundColor")
                .textValue();
    }

    @Test
    void imagesAreBrowsedWithTheKeyboardAlone() throws Exception {
        open();
        browser.await("browser", "registry.example/team/app:1");

        follow("registry.example/team/app:1");
        browser.await("browser", "etc/");
        follow("etc/");
        String files = browser.await("browser", "motd", "5 B");
        assertThat(browser.await("where")).isEqualTo("all images › registry.example/team/app:1 / etc");
        follow("all images");
        browser.await("browser", "Platforms");

        // What an image calls its files is text and nothing more.
        assertThat(files).contains(HOSTILE);
        assertThat(browser.run("return document.title").textValue()).isEqualTo("Varve");
        assertThat(browser.complaints()).isEmpty();
    }

    @Test
    void answerThatComesLateIsNotShownUnderAnotherPath() throws Exception {
        open();
        browser.await("browser", "registry.example/team/app:1");
        browser.run("""
                const fetched = fetch;
                fetch = (path, options) => !String(path).includes('/files/etc/') ? fetched(path, options)
                  : new Promise(answered => come = async () => {
                    const answer = await fetched(path, options);
                    const files = await answer.json();
                    answered({ ok: true, json: async () => { setTimeout(() => late = true); return files; } });
                  });""");

        browser.run("location.hash = encodeURIComponent('registry.example/team/app:1') + '/etc'");
        browser.await("where", "/ etc");
        browser.run("location.hash = ''");
        browser.await("browser", "Platforms");
        browser.run("come()");
        Deadline.until(
                "the answer has come",
                () -> browser.run("return 'late' in window").booleanValue());

        assertThat(browser.await("browser")).contains("Platforms").doesNotContain("motd");
        assertThat(browser.complaints()).isEmpty();
    }

    private void follow(String link) throws Exception {
        for (int presses = 0; !browser.focused().equals(link); presses++) {
            assertThat(presses).as("tabs to " + link).isLessThan(50);
            browser.press(Browser.TAB);
        }
        browser.press(Browser.ENTER);
    }

    @Test
    void whoHasToSayWhoHeIsShowsHisTokenOnce() throws Exception {
        Issuer issuer = new Issuer();
        Files.writeString(directory.resolve("jwks.json"), issuer.jwks());
        Path settings = Files.writeString(
                directory.resolve("varve.yaml"),
                "http: {auth: {jwks: " + directory.resolve("jwks.json") + ", issuer: '" + Issuer.NAME + "', audience: "
                        + Issuer.AUDIENCE + "}}");
        service.close();
        service = RunningService.start(new Varve(directory), Map.of("VARVE_CONFIG", settings.toString()));
        open();
        browser.await("who", "Bearer token");
        browser.await("browser", "got no token");

        browser.run("document.getElementById('token').value = '" + issuer.token("ann", "read metrics") + "';"
                + "document.getElementById('token').focus()");
        browser.press(Browser.ENTER);

        browser.await("browser", "registry.example/team/app:1");
        browser.await("figures", "In the store");
        // What he may not see is said in its place.
        browser.await("jobs", "wanted a scope pull");
        assertThat(browser.run("return document.getElementById('who').hidden").booleanValue())
                .isTrue();
    }

    @Test
    void saysSoWhenTheServiceIsGone() throws Exception {
        open();
        browser.await("ready", "ready");

        service.kill();

        browser.await("ready", "does not answer");
        browser.await("jobs", "the service does not answer");
    }
}
