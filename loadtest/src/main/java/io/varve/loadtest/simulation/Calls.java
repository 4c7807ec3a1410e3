package io.varve.loadtest.simulation;

import static io.gatling.javaapi.core.CoreDsl.StringBody;
import static io.gatling.javaapi.core.CoreDsl.bodyLength;
import static io.gatling.javaapi.core.CoreDsl.exec;
import static io.gatling.javaapi.core.CoreDsl.jsonPath;
import static io.gatling.javaapi.core.CoreDsl.regex;
import static io.gatling.javaapi.http.HttpDsl.header;
import static io.gatling.javaapi.http.HttpDsl.http;
import static io.gatling.javaapi.http.HttpDsl.status;

import io.gatling.javaapi.core.ChainBuilder;
import io.gatling.javaapi.http.HttpProtocolBuilder;
import io.gatling.javaapi.http.HttpRequestActionBuilder;
import java.util.concurrent.ThreadLocalRandom;

/** What users ask of the service. Each answer is looked at: one that is not what was asked for is a failure, however quick. */
final class Calls {
    private final String base;
    private final Specs specs;

    Calls(Target target) {
        this.base = Target.path(target.base());
        this.specs = new Specs(target.base());
    }

    /** HTTP/2 by ALPN, the certificate being whoever's. */
    static HttpProtocolBuilder protocol(Target target) {
        return http.baseUrl(target.url()).enableHttp2().disableCaching();
    }

    HttpRequestActionBuilder image() {
        return http("image")
                .get(base)
                .check(status().is(200), jsonPath("$.layers[1].digest").exists());
    }

    HttpRequestActionBuilder directory() {
        return http("directory")
                .get(base + "/files/data/small")
                .check(status().is(200), jsonPath("$.entries[*]").count().is(Target.SMALLS));
    }

    HttpRequestActionBuilder smallFile() {
        return http("file of 64 KiB")
                .get(session -> base + Target.small(ThreadLocalRandom.current().nextInt(Target.SMALLS)))
                .check(status().is(200), bodyLength().is(Target.SMALL));
    }

    HttpRequestActionBuilder largeFile() {
        return http("file of 8 MiB")
                .get(base + "/files/data/large")
                .check(status().is(200), bodyLength().is(Target.LARGE));
    }

    /** So many KiB from anywhere in the large file. */
    HttpRequestActionBuilder range(int kibibytes) {
        int bytes = kibibytes << 10;
        return http("range of " + kibibytes + " KiB")
                .get(base + "/files/data/large")
                .header("Range", session -> someRange(bytes))
                .check(status().is(206), bodyLength().is(bytes));
    }

    private static String someRange(int bytes) {
        int first = ThreadLocalRandom.current().nextInt(Target.LARGE - bytes);
        return "bytes=" + first + "-" + (first + bytes - 1);
    }

    /** Whoever has a file is told that it is the same still. */
    ChainBuilder unchangedFile() {
        return exec(
                http("head of a file")
                        .head(base + "/files/data/large")
                        .check(status().is(200), header("ETag").saveAs("etag")),
                http("unchanged file")
                        .get(base + "/files/data/large")
                        .header("If-None-Match", "#{etag}")
                        .check(status().is(304)));
    }

    /** An image that nobody built before, waited for. */
    HttpRequestActionBuilder build() {
        return http("build")
                .post("/v1/builds")
                .header("Content-Type", "application/json")
                .header("Prefer", "wait=60")
                .body(StringBody(session -> specs.next()))
                .check(
                        status().is(200),
                        jsonPath("$.state").is("done"),
                        jsonPath("$.result.unchanged").is("false"));
    }

    /** The same, as soon as there is room for it in the queue or not: 429 is an answer too, which is kept as {@code refused}. */
    HttpRequestActionBuilder buildOrRefusal() {
        return http("build")
                .post("/v1/builds")
                .header("Content-Type", "application/json")
                .header("Prefer", "wait=60")
                .body(StringBody(session -> specs.next()))
                .check(
                        status().in(200, 429),
                        jsonPath("$.state").optional().saveAs("state"),
                        status().transform(code -> code == 429).saveAs("refused"));
    }

    /** The same, followed by its events. */
    ChainBuilder watchedBuild() {
        return exec(
                http("order of a build")
                        .post("/v1/builds")
                        .header("Content-Type", "application/json")
                        .body(StringBody(session -> specs.next()))
                        .check(status().is(202), jsonPath("$.id").saveAs("job")),
                events("events of a build"));
    }

    /**
     * Takes away the image that the session calls {@code image}, at {@code path}, with all that was kept of it; pulls it, follows the
     * events, reads of it, and pulls it once more. One user at a time for each image.
     */
    static ChainBuilder pullAnew() {
        return exec(
                http("image taken away").delete("#{path}").check(status().in(200, 404)),
                http("collection").post("/v1/gc").check(status().is(200)),
                http("order of a pull")
                        .post("/v1/pulls")
                        .header("Content-Type", "application/json")
                        .body(StringBody("{\"image\": \"#{image}\"}"))
                        .check(status().is(202), jsonPath("$.id").saveAs("job")),
                events("events of a pull"),
                // That it came from the registry, and not from what somebody forgot to collect.
                http("job of a pull")
                        .get("/v1/jobs/#{job}")
                        .check(
                                status().is(200),
                                jsonPath("$.progress.network").ofLong().gt(1L << 20),
                                jsonPath("$.progress.cached").ofLong().is(0L)),
                http("file of a pulled image")
                        .get("#{path}" + Target.small(Target.SMALLS - 1))
                        .check(status().is(200), bodyLength().is(Target.SMALL)),
                http("pull of what is there")
                        .post("/v1/pulls")
                        .header("Content-Type", "application/json")
                        .header("Prefer", "wait=60")
                        .body(StringBody("{\"image\": \"#{image}\"}"))
                        .check(
                                status().is(200),
                                jsonPath("$.state").is("done"),
                                jsonPath("$.progress.network").ofLong().is(0L)));
    }

    /** They end with the job, so that the answer's time is the job's. */
    private static HttpRequestActionBuilder events(String name) {
        return http(name)
                .get("/v1/jobs/#{job}/events")
                .check(status().is(200), regex("event: (done|failed)").find().is("done"));
    }
}
