package io.varve.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import io.varve.guard.Deadline;
import io.varve.oci.Json;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import io.varve.registry.FakeRegistry;
import io.varve.registry.Fault;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Commands on a store that a service serves, which is in the middle of a pull that does not end: what they do by themselves would have to
 * wait for it.
 */
@Timeout(300)
class BesideServiceCommandIT {
    private static final int LAYER = 300_000;

    @TempDir
    Path directory;

    private final FakeSource source = new FakeSource();
    private final Promise<Void> gate = Promise.promise();
    private Vertx vertx;
    private FakeRegistry registry;
    private Varve varve;
    private RunningService service;

    @BeforeEach
    void start() throws Exception {
        vertx = Vertx.vertx();
        registry = FakeRegistry.http(vertx);
        // Longer than any path that the kernel takes for a socket.
        varve = new Varve(Files.createDirectories(directory.resolve("a".repeat(120))));
        service = RunningService.start(varve, Map.of());
        registry.server().script("/blobs/", Fault.stall(1, gate.future()));
        service.post("/v1/pulls", Json.object().put("image", image("busy")));
        Deadline.until(
                "the layer is asked for",
                () -> !registry.server().asked("/blobs/").isEmpty());
    }

    @AfterEach
    void stop() throws Exception {
        gate.tryComplete();
        service.close();
        registry.close();
        vertx.close().await(RunningService.PATIENCE_S, TimeUnit.SECONDS);
    }

    private String image(String repository) {
        registry.add(repository, "1", source, FakeImage.gzip(source, repository, LAYER, LAYER));
        return registry.reference(repository, "1").toString();
    }

    @Test
    void pullIsDoneByTheServiceAndShownAsEver() throws Exception {
        String app = image("app");
        String other = image("other");

        Program.Ran ran =
                varve.run("pull", app, other, registry.reference("none", "1").toString());

        assertThat(ran.code()).isEqualTo(1);
        assertThat(ran.out().lines()).hasSize(2).allMatch(line -> line.startsWith("sha256:"));
        assertThat(ran.err())
                .contains("layer ", " assembled in ")
                .contains("varve: NotFound: " + registry.reference("none", "1"));
        assertThat(varve.quiet("images")).contains(app, other);
        assertThat(service.json("/v1/jobs").get("jobs")).hasSize(4);
    }

    @Test
    void contextThatIsNoPathIsRefused() throws Exception {
        Peers.need("curl");

        String answer = new Program(
                        varve.store().resolve("serve"),
                        "curl",
                        "-sS",
                        "--unix-socket",
                        "socket",
                        "-H",
                        "Content-Type: application/json",
                        "-d",
                        "{\"from\": \"scratch\", \"context\": \"a\\u0000b\"}",
                        "http://localhost/v1/builds")
                .succeed();

        assertThat(answer).contains("\"category\":\"Invalid\"", "context: got a");
    }

    @Test
    void nameAndCredentialsOfTheCommandAreTaken() throws Exception {
        String app = image("app");
        registry.demandBasic("me", "secret");

        assertThat(varve.quiet("pull", "--creds", "me:secret", "-t", "registry.example/mine:1", app))
                .startsWith("sha256:");

        assertThat(varve.quiet("images")).contains("registry.example/mine:1").doesNotContain(app);
        Varve.assertFailed(varve.run("-q", "pull", "--creds", "me:wrong", app), 1, "Unauthorized", app);
    }

    @Test
    void namesAreGivenAndTakenAndWhatNothingNeedsGoes() throws Exception {
        String app = image("app");
        varve.quiet("pull", app);

        varve.quiet("tag", app, "another");
        Varve.assertFailed(varve.run("-q", "rm", app, "none"), 1, "NotFound", "docker.io/library/none:latest");
        assertThat(varve.quiet("images")).contains(app, "another:latest");
        assertThat(varve.quiet("rm", app, "another").lines()).hasSize(2);

        long wouldBe = Long.parseLong(varve.quiet("gc", "--dry-run").strip());
        Program.Ran collected = varve.run("gc");
        assertThat(collected.out().strip()).isEqualTo(Long.toString(wouldBe));
        assertThat(wouldBe).isGreaterThan(LAYER);
        assertThat(collected.err()).contains("removed layer sha256:");
    }

    @Test
    void layoutsAreReadByTheServiceToo() throws Exception {
        byte[] named = new Tarball().file("hello", "world").bytes();
        byte[] nameless = new Tarball().file("other", "thing").bytes();
        String first =
                new LayoutImage(directory.resolve("first")).gzip(named).write().toString();
        String second = new LayoutImage(directory.resolve("second"))
                .plain(nameless)
                .write()
                .toString();

        assertThat(varve.quiet("pull", first)).startsWith("sha256:");
        assertThat(varve.quiet("ls", second, "/")).isEqualTo("other\n");
        assertThat(varve.quiet("cat", second, "/other")).isEqualTo("thing");

        assertThat(varve.quiet("images").lines().filter(line -> line.startsWith("image:latest")))
                .hasSize(1);
        assertThat(varve.quiet("cat", "image", "/hello")).isEqualTo("world");
        assertThat(service.post("/v1/pulls", Json.object().put("image", first)).body())
                .contains("this machine's files are not for callers");
        Varve.assertFailed(varve.run("-q", "pull", "oci:" + directory.resolve("none")), 1, "NotFound", "none");
    }

    @Test
    void interruptedCommandCancelsItsPull() throws Exception {
        String app = image("app");
        registry.server().always("/blobs/", Fault.stall(1, gate.future()));
        Program.Running pull = varve.program("pull", app).start();
        JsonNode job = Deadline.await("its job runs", () -> running(app), found -> !found.isMissingNode());

        pull.process().destroy();

        assertThat(pull.end().code()).isEqualTo(130);
        assertThat(service.json("/v1/jobs/" + job.get("id").textValue())
                        .at("/problem/category")
                        .textValue())
                .isEqualTo("Cancelled");
    }

    private JsonNode running(String subject) throws IOException, InterruptedException {
        for (JsonNode each : service.json("/v1/jobs?state=running").get("jobs")) {
            if (each.get("subject").textValue().equals(subject)) {
                return each;
            }
        }
        return MissingNode.getInstance();
    }

    /** One connection has room for a hundred questions. */
    @Test
    void interruptedCommandCancelsMorePullsThanItHasRoomToFollow() throws Exception {
        gate.complete();
        service.close();
        service = RunningService.start(varve, Map.of("VARVE_LIMITS_JOBS_AT_ONCE", "1"));
        Promise<Void> never = Promise.promise();
        registry.server().always("/blobs/", Fault.stall(1, never.future()));
        service.post("/v1/pulls", Json.object().put("image", image("first")));
        String[] words = Stream.concat(
                        Stream.of("-q", "pull"),
                        IntStream.range(0, 105)
                                .mapToObj(
                                        i -> registry.reference("app" + i, "1").toString()))
                .toArray(String[]::new);
        Program.Running pull = varve.program(words).start();
        Deadline.until(
                "its jobs wait",
                () -> service.json("/v1/jobs?state=queued&limit=1000")
                                .get("jobs")
                                .size()
                        == 105);

        pull.process().destroy();

        assertThat(pull.end().code()).isEqualTo(130);
        assertThat(service.json("/v1/jobs?state=queued").get("jobs")).isEmpty();
        never.complete();
    }

    @Test
    void buildsThatReadFilesAreNotTheSame() throws Exception {
        String name = registry.reference("built", "1").toString();
        Path file = Files.createDirectories(varve.store().resolveSibling("app")).resolve("file");
        Files.writeString(file, "old");
        Files.writeString(
                varve.store().resolveSibling("app.json"),
                "{\"from\": \"scratch\", \"layers\": [{\"directory\": \"app\"}], \"tags\": [\"" + name
                        + "\"], \"push\": true}");
        Promise<Void> sent = Promise.promise();
        registry.server().always("PUT .*uploads", Fault.stall(0, sent.future()));
        Program.Running before = varve.program("-q", "build", "-f", "app.json").start();
        Deadline.until(
                "it is pushed", () -> !registry.server().asked("PUT .*uploads").isEmpty());

        Files.writeString(file, "new");
        Program.Running after = varve.program("-q", "build", "-f", "app.json").start();
        Deadline.until(
                "both go on",
                () -> service.json("/v1/jobs?state=running").get("jobs").size() == 3);
        sent.complete();

        Program.Ran old = before.end();
        Program.Ran changed = after.end();
        assertThat(old.err() + changed.err()).isEmpty();
        assertThat(changed.out()).startsWith("sha256:").isNotEqualTo(old.out());
        assertThat(varve.quiet("cat", changed.out().strip(), "/file")).isEqualTo("new");
    }

    @Test
    void whatIsTooLargeToAskForIsDoneByTheCommand() throws Exception {
        gate.complete();
        Files.writeString(
                varve.store().resolveSibling("large.json"),
                "{\"from\": \"scratch\", \"layers\": [{\"files\": [{\"path\": \"text\", \"text\": \""
                        + "a".repeat(1 << 20) + "\"}]}], \"tags\": [\"large\"]}");

        assertThat(varve.quiet("build", "-f", "large.json")).startsWith("sha256:");
        assertThat(varve.quiet("cat", "large", "/text")).hasSize(1 << 20);

        String[] names = Stream.concat(
                        Stream.of("-q", "rm", "large"), IntStream.range(0, 1000).mapToObj(i -> "none" + i))
                .toArray(String[]::new);
        Varve.assertFailed(varve.run(names), 1, "NotFound", "none0");
        assertThat(varve.quiet("images")).contains("large:latest");
    }

    @Test
    void nobodyElseMayAskByTheSocket() throws Exception {
        Path socket = varve.store().resolve("serve");

        for (Path each : List.of(socket, varve.store())) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(each)))
                    .isEqualTo("rwx------");
        }
        // What is for those who may is refused elsewhere.
        assertThat(service.post(
                                "/v1/pulls",
                                Json.object().put("image", image("app")).put("insecure", true))
                        .body())
                .contains("insecure: is for those who ask by the socket");
    }

    @Test
    void whatAKilledServiceLeftIsNoObstacle() throws Exception {
        service.kill();
        String app = image("app");
        gate.complete();

        assertThat(varve.quiet("pull", app)).startsWith("sha256:");
        try (RunningService next = RunningService.start(varve, Map.of())) {
            varve.quiet("tag", app, "another");
            assertThat(next.json("/v1/images").get("images")).hasSize(2);
        }
        assertThat(varve.quiet("verify")).isEmpty();
    }
}
