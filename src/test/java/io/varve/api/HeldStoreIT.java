package io.varve.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.guard.Deadline;
import io.varve.job.Admission;
import io.varve.job.Jobs;
import io.varve.job.Order;
import io.varve.oci.Json;
import io.varve.pipeline.FakeImage;
import io.varve.store.HoldingProcess;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What callers have of a service whose store another process holds. */
class HeldStoreIT {
    /** More than there are threads for it. */
    private static final int MANY = 24;

    @TempDir
    Path directory;

    private ServedStore served;

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    @BeforeEach
    void open() throws Exception {
        served = ServedStore.open(directory.resolve("store"), ApiLimits.DEFAULTS);
    }

    @AfterEach
    void close() throws Exception {
        client.shutdownNow();
        served.close();
    }

    private CompletableFuture<Integer> remove(String image) {
        return ask("DELETE", image);
    }

    private CompletableFuture<Integer> ask(String method, String path) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(served.api.url() + path))
                .timeout(Duration.ofSeconds(ServedStore.PATIENCE_S))
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build();
        return client.sendAsync(request, HttpResponse.BodyHandlers.discarding()).thenApply(HttpResponse::statusCode);
    }

    private String image(String name) {
        return "/v1/images/" + URLEncoder.encode(served.api.address() + "/" + name, UTF_8);
    }

    /** Somebody wants to be told where to ask after a job, so it has to be durable. */
    private Future<Void> order(String subject, Future<ObjectNode> end) {
        Jobs jobs = served.services.jobs();
        Order order = new Order("a", "pull", subject, null, subject, subject, (going, listener) -> end);
        return jobs.submit(order).compose(admission -> jobs.acknowledge(((Admission.Accepted) admission).job()));
    }

    @Test
    void whoOnlyReadsIsAnsweredHoweverManyWaitForTheStore() throws Exception {
        served.put("app:1", 1_000);
        String image = image("app:1");
        List<CompletableFuture<Integer>> removed = new ArrayList<>();
        List<Future<Void>> ordered = new ArrayList<>();
        Promise<ObjectNode> end = Promise.promise();

        try (HoldingProcess holder = HoldingProcess.of(served.store.directory())) {
            for (int i = 0; i < MANY; i++) {
                removed.add(remove(image));
                ordered.add(order("job" + i, end.future()));
            }
            Deadline.until("all of them wait", () -> served.api.load().requests() == MANY);

            for (String path : List.of("/health/ready", "/v1/images", image, "/metrics", "/v1/jobs")) {
                assertThat(served.get(path).statusCode()).as(path).isEqualTo(200);
            }
            assertThat(removed).noneMatch(CompletableFuture::isDone);
            assertThat(ordered).noneMatch(Future::isComplete);
            holder.letGo();

            assertThat(removed.stream().map(CompletableFuture::join))
                    .contains(200)
                    .containsOnly(200, 404);
            Future.all(ordered).await(ServedStore.PATIENCE_S, TimeUnit.SECONDS);
            end.complete(Json.object());
        }
    }

    @Test
    void imagesWhoseLayersHaveToWaitForTheStoreHoldUpNobodyElse() throws Exception {
        served.put("app:1", 1_000);
        List<String> pushed = new ArrayList<>();
        try (Pusher pusher = new Pusher(served.api.url(), HttpClient.Version.HTTP_1_1, Map.of())) {
            for (int i = 0; i < 2 * OpenImages.WORKERS; i++) {
                FakeImage image = FakeImage.gzip(served.source, "pushed" + i, 1_000 + i);
                assertThat(pusher.image("pushed", "i" + i, served.source, image).statusCode())
                        .isEqualTo(201);
                pushed.add(image("pushed:i" + i) + "/files");
            }
        }
        served.awaitCalm();

        try (HoldingProcess holder = HoldingProcess.of(served.store.directory())) {
            List<CompletableFuture<Integer>> asked =
                    pushed.stream().map(path -> ask("GET", path)).toList();
            Deadline.until("all of them wait", () -> served.api.load().requests() == pushed.size());

            assertThat(served.get(image("app:1") + "/files").statusCode()).isEqualTo(200);
            assertThat(asked).noneMatch(CompletableFuture::isDone);
            holder.letGo();

            assertThat(asked.stream().map(CompletableFuture::join)).containsOnly(200);
        }
    }
}
