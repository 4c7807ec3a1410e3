package io.varve.client;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.bus.Waiting;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Json;
import io.varve.pipeline.PullListener;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.parsetools.RecordParser;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The service that serves a store, asked over its socket for what is to be done to that:
 *
 * <pre>
 *   try (ServiceClient service = new ServiceClient(vertx, socket)) { service.tag("debian", "registry.example/base:1"); }
 * </pre>
 *
 * <p>What it refuses is a {@link Failure} with its words. For threads that may block.
 */
public final class ServiceClient implements AutoCloseable {
    /** Names that are taken away at once. */
    public static final int MOST_REMOVED = 1000;

    private static final int TOO_MANY = 429;
    private static final int MOST_OK = 299;
    private static final int PIECE = 256 << 10;

    /** A job told whole, with all of its layers that are told at all. */
    private static final int EVENT_BYTES = 8 << 20;

    private final Vertx vertx;
    private final ServiceSocket socket;
    private final HttpClient client;
    // For which there is no room beside the events of as many jobs as one connection takes.
    private final HttpClient cancels;

    /** @param socket closed with this */
    public ServiceClient(Vertx vertx, ServiceSocket socket) {
        this.vertx = vertx;
        this.socket = socket;
        HttpClientOptions options =
                new HttpClientOptions().setProtocolVersion(HttpVersion.HTTP_2).setHttp2ClearTextUpgrade(false);
        client = vertx.createHttpClient(options);
        cancels = vertx.createHttpClient(options);
    }

    /**
     * What became of a job.
     *
     * @param job as its last event has it; null when it was not taken on
     * @param failure null when there is none
     */
    public record Ended(@Nullable ObjectNode job, @Nullable Failure failure) {}

    /** Whether the service runs as the same user, and so can read the same files. */
    public boolean isOurs() {
        return socket.isOurs();
    }

    /** Gives an image another name. */
    public void tag(String image, String name) {
        ask(HttpMethod.PUT, "/v1/images/" + encoded(image) + "/tags/" + encoded(name), null);
    }

    /**
     * Takes names away from images, all of them or none; what was taken away.
     *
     * @param images no more than {@link #MOST_REMOVED}
     */
    public List<String> remove(List<String> images) {
        ObjectNode body = Json.object();
        ArrayNode wanted = body.putArray("images");
        images.forEach(wanted::add);
        List<String> removed = new ArrayList<>();
        ask(HttpMethod.POST, "/v1/images/remove", body).get("removed").forEach(name -> removed.add(name.textValue()));
        return removed;
    }

    /** As of {@code POST /v1/gc}. */
    public ObjectNode collect(boolean dryRun) {
        return ask(HttpMethod.POST, "/v1/gc", Json.object().put("dryRun", dryRun));
    }

    /**
     * Orders pulls, each as of {@code POST /v1/pulls}, and waits until all have ended. An interrupt cancels them, and the thread stays
     * interrupted.
     *
     * @return in the order of the orders
     */
    public List<Ended> pull(List<ObjectNode> orders, PullListener listener) {
        return order("/v1/pulls", orders, listener);
    }

    /** Orders a build, as of {@code POST /v1/builds}; otherwise as {@link #pull}. */
    public Ended build(ObjectNode order, PullListener listener) {
        return order("/v1/builds", List.of(order), listener).getFirst();
    }

    /** Orders a push, as of {@code POST /v1/pushes}; otherwise as {@link #pull}. */
    public Ended push(ObjectNode order, PullListener listener) {
        return order("/v1/pushes", List.of(order), listener).getFirst();
    }

    /**
     * Sends an archive, as of {@code POST /v1/images/archive}, as fast as it is taken; what was answered.
     *
     * @param borrowed read to its end
     * @param reference null for what the archive says
     */
    public ObjectNode bringIn(
            ReadableByteChannel borrowed,
            @Nullable String format,
            @Nullable String reference,
            @Nullable String platform)
            throws IOException {
        List<String> queries = new ArrayList<>();
        query(queries, "format", format);
        query(queries, "reference", reference);
        query(queries, "platform", platform);
        String path = "/v1/images/archive" + (queries.isEmpty() ? "" : "?" + String.join("&", queries));
        HttpClientRequest request = Waiting.on(
                client.request(options(HttpMethod.POST, path)).recover(thrown -> Future.failedFuture(gone(thrown))),
                () -> {});
        request.putHeader("Content-Type", "application/octet-stream").setChunked(true);
        // Looked for while the body is still being sent: it may be refused in the middle.
        Future<ObjectNode> answer = request.response()
                .recover(thrown -> Future.failedFuture(gone(thrown)))
                .compose(this::answer);
        ByteBuffer piece = ByteBuffer.allocate(PIECE);
        while (!answer.isComplete() && borrowed.read(piece.clear()) >= 0) {
            byte[] bytes = Arrays.copyOf(piece.array(), piece.flip().remaining());
            Waiting.on(Future.any(request.write(Buffer.buffer(bytes)), answer).otherwiseEmpty(), request::reset);
            if (Thread.currentThread().isInterrupted()) {
                throw Failure.from(new InterruptedException());
            }
        }
        request.end();
        return Waiting.on(answer, request::reset);
    }

    private static void query(List<String> queries, String name, @Nullable String value) {
        if (value != null) {
            queries.add(name + "=" + encoded(value));
        }
    }

    private List<Ended> order(String path, List<ObjectNode> orders, PullListener listener) {
        Going going = new Going();
        List<Future<Ended>> all = orders.stream()
                .map(order -> order(path, order, going)
                        .compose(location -> followed(location, new JobNews(listener)))
                        .map(ServiceClient::ended)
                        .otherwise(thrown -> new Ended(null, Failure.from(thrown))))
                .toList();
        return Waiting.on(Future.join(all).<List<Ended>>map(done -> done.list()), going::cancel);
    }

    /** Jobs that were taken on. */
    private final class Going {
        // Guarded by this.
        private final List<String> locations = new ArrayList<>();
        private final Promise<Void> cancelled = Promise.promise();

        /** Whoever waits to order something waits no longer than until this is cancelled. */
        Future<Void> until(Future<Void> passed) {
            return Future.any(passed, cancelled.future())
                    .compose(first -> isCancelled()
                            ? Future.failedFuture(Failure.of(Category.CANCELLED, "interrupted"))
                            : Future.succeededFuture());
        }

        private boolean isCancelled() {
            return cancelled.future().isComplete();
        }

        synchronized void add(String location) {
            locations.add(location);
            if (isCancelled()) {
                send(cancels, HttpMethod.DELETE, location, null);
            }
        }

        /** Those that there are, and those that are on their way. */
        synchronized void cancel() {
            cancelled.tryComplete();
            locations.forEach(location -> send(cancels, HttpMethod.DELETE, location, null));
        }
    }

    private static Ended ended(ObjectNode job) {
        return new Ended(job, job.has("problem") ? failure((ObjectNode) job.get("problem")) : null);
    }

    /** Where the job is. A service that has as much as it takes is asked again when it says so. */
    private Future<String> order(String path, ObjectNode order, Going going) {
        return send(HttpMethod.POST, path, order).compose(response -> {
            if (response.statusCode() == TOO_MANY) {
                long seconds = Long.parseLong(response.getHeader("Retry-After"));
                return going.until(vertx.timer(seconds, TimeUnit.SECONDS).mapEmpty())
                        .compose(passed -> order(path, order, going));
            }
            return answer(response).map(job -> {
                String location = "/v1/jobs/" + job.get("id").textValue();
                going.add(location);
                return location;
            });
        });
    }

    /** The job as its last event has it. */
    private Future<ObjectNode> followed(String location, JobNews news) {
        return send(HttpMethod.GET, location + "/events", null).compose(response -> {
            if (response.statusCode() > MOST_OK) {
                return answer(response);
            }
            Promise<ObjectNode> last = Promise.promise();
            RecordParser.newDelimited("\n", response)
                    .maxRecordSize(EVENT_BYTES)
                    .exceptionHandler(thrown -> last.tryFail(gone(thrown)))
                    .endHandler(ended -> last.tryFail(gone(null)))
                    .handler(line -> event(line, news, last));
            return last.future();
        });
    }

    private static void event(Buffer line, JobNews news, Promise<ObjectNode> last) {
        String text = line.toString(StandardCharsets.UTF_8);
        if (text.startsWith("data: ")) {
            ObjectNode event =
                    Json.read(text.substring("data: ".length()).getBytes(StandardCharsets.UTF_8), EVENT_BYTES);
            news.tell(event);
            if (event.has("result") || event.has("problem")) {
                last.tryComplete(event);
            }
        }
    }

    private ObjectNode ask(HttpMethod method, String path, @Nullable ObjectNode body) {
        return Waiting.on(send(method, path, body).compose(this::answer), () -> {});
    }

    private RequestOptions options(HttpMethod method, String path) {
        return new RequestOptions()
                .setServer(socket.address())
                .setHost("localhost")
                .setMethod(method)
                .setURI(path);
    }

    private Future<HttpClientResponse> send(HttpMethod method, String path, @Nullable ObjectNode body) {
        return send(client, method, path, body);
    }

    private Future<HttpClientResponse> send(HttpClient by, HttpMethod method, String path, @Nullable ObjectNode body) {
        return by.request(options(method, path))
                .compose(request -> {
                    if (body == null) {
                        return request.send();
                    }
                    request.putHeader("Content-Type", "application/json");
                    return request.send(Buffer.buffer(Json.write(body)));
                })
                .recover(thrown -> Future.failedFuture(gone(thrown)));
    }

    private Future<ObjectNode> answer(HttpClientResponse response) {
        return response.body()
                .recover(thrown -> Future.failedFuture(gone(thrown)))
                .map(bytes -> {
                    ObjectNode json = Json.read(bytes.getBytes(), EVENT_BYTES);
                    if (response.statusCode() > MOST_OK) {
                        throw failure(json);
                    }
                    return json;
                });
    }

    private Failure gone(@Nullable Throwable thrown) {
        String wrong = "the service at " + socket.path() + " does not answer"
                + (thrown == null ? " any more" : ": " + thrown.getMessage());
        return thrown == null
                ? Failure.of(Category.UNAVAILABLE, wrong)
                : Failure.of(Category.UNAVAILABLE, wrong, thrown);
    }

    private static Failure failure(ObjectNode problem) {
        return Failure.of(
                Category.of(problem.path("category").asText()),
                problem.path("detail").asText());
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    @Override
    public void close() {
        Waiting.on(Future.join(client.close(), cancels.close()), () -> {});
        socket.close();
    }
}
