package io.varve.benchmark;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.util.Arrays;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many builds a service makes in a second, asked over HTTP/2 by so many streams at once, and how long each takes: a base with one layer
 * of 64 KiB of text on top, which is another one for each build, or always the same.
 *
 * <p>Arguments: the port of the service on this machine, the base, {@code same} or {@code different}, how many builds, streams at once, and how
 * often to measure.
 */
public final class BuildBenchmark {
    private static final int TEXT = 64 << 10;
    private static final int CONNECTIONS = 4;
    private static final String[] WORDS =
            "the quick brown fox jumps over a lazy dog while layers of sediment settle in still water year by year"
                    .split(" ", -1);

    private final HttpClient client;
    private final int port;
    private final String base;
    private final boolean same;

    private BuildBenchmark(HttpClient client, int port, String base, boolean same) {
        this.client = client;
        this.port = port;
        this.base = base;
        this.same = same;
    }

    public static void main(String[] arguments) throws Exception {
        int builds = Integer.parseInt(arguments[3]);
        int streams = Integer.parseInt(arguments[4]);
        int rounds = Integer.parseInt(arguments[5]);
        Vertx vertx = Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1));
        HttpClient client = vertx.createHttpClient(
                new HttpClientOptions()
                        .setProtocolVersion(HttpVersion.HTTP_2)
                        .setHttp2ClearTextUpgrade(false)
                        .setHttp2MultiplexingLimit(Math.ceilDiv(streams, CONNECTIONS)),
                new PoolOptions().setHttp2MaxSize(CONNECTIONS));
        BuildBenchmark benchmark =
                new BuildBenchmark(client, Integer.parseInt(arguments[0]), arguments[1], arguments[2].equals("same"));
        for (int round = 0; round < rounds; round++) {
            benchmark.measure(vertx, round, builds, streams);
        }
        vertx.close().await(10, TimeUnit.SECONDS);
    }

    private void measure(Vertx vertx, int round, int builds, int streams) throws Exception {
        // Made before the clock begins: to write them takes the client longer than the service takes to build them.
        Buffer[] bodies = new Buffer[same ? 1 : builds];
        Arrays.setAll(bodies, i -> body(same ? 0 : 1L + i + (long) round * builds));
        long[] took = new long[builds];
        AtomicInteger next = new AtomicInteger();
        AtomicInteger failed = new AtomicInteger();
        Promise<Void> all = Promise.promise();
        AtomicInteger left = new AtomicInteger(streams);
        long began = System.nanoTime();
        vertx.runOnContext(now -> {
            for (int i = 0; i < streams; i++) {
                go(bodies, next, took, failed).onComplete(done -> {
                    if (left.decrementAndGet() == 0) {
                        all.complete();
                    }
                });
            }
        });
        all.future().await(30, TimeUnit.MINUTES);
        double seconds = (System.nanoTime() - began) / 1e9;
        Arrays.sort(took);
        System.out.printf(
                Locale.ROOT,
                "%,.0f builds/s, median %.0f ms, p99 %.0f ms, slowest %.0f ms, %d failed%n",
                builds / seconds,
                took[builds / 2] / 1e6,
                took[(int) (builds * 0.99)] / 1e6,
                took[builds - 1] / 1e6,
                failed.get());
    }

    private Future<Void> go(Buffer[] bodies, AtomicInteger next, long[] took, AtomicInteger failed) {
        int number = next.getAndIncrement();
        if (number >= took.length) {
            return Future.succeededFuture();
        }
        Buffer body = bodies[same ? 0 : number];
        long began = System.nanoTime();
        return client.request(new RequestOptions()
                        .setMethod(HttpMethod.POST)
                        .setHost("127.0.0.1")
                        .setPort(port)
                        .setURI("/v1/builds"))
                .compose(request -> request.putHeader("Content-Type", "application/json")
                        .putHeader("Prefer", "wait=60")
                        .send(body))
                .compose(response -> response.body()
                        .map(answer -> response.statusCode() == 200
                                && answer.toString().contains("\"result\"")))
                .transform((good, thrown) -> {
                    took[number] = System.nanoTime() - began;
                    if (thrown != null || !good) {
                        failed.incrementAndGet();
                    }
                    return go(bodies, next, took, failed);
                });
    }

    private Buffer body(long number) {
        Random random = new Random(number);
        StringBuilder text = new StringBuilder(TEXT + 16);
        while (text.length() < TEXT) {
            text.append(WORDS[random.nextInt(WORDS.length)]).append(' ');
        }
        JsonObject file = new JsonObject().put("path", "/etc/text").put("text", text.substring(0, TEXT));
        return new JsonObject()
                .put("from", base)
                .put("layers", new JsonArray().add(new JsonObject().put("files", new JsonArray().add(file))))
                .put("tags", new JsonArray().add("bench/" + (same ? "same" : "b" + number % 1000) + ":1"))
                .toBuffer();
    }
}
