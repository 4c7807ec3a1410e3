package io.varve.loadtest;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** {@code varve serve} on a store that was empty, at a port of loopback that was free, with TLS. */
final class Service implements AutoCloseable {
    private static final Pattern SERVES = Pattern.compile("at (https://127\\.0\\.0\\.1:\\d+);");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Child process;
    private final String url;
    private final HttpClient client;

    private Service(Child process, String url, HttpClient client) {
        this.process = process;
        this.url = url;
        this.client = client;
    }

    static Service start(Places places, Options options)
            throws IOException, InterruptedException, GeneralSecurityException {
        Certificate tls = Certificate.make(places);
        Path settings = Files.writeString(
                places.work().resolve("varve.yaml"),
                // What became of a job is not kept for days here, so that a store that has all that it will have is
                // seen within minutes.
                """
                http:
                  tls: {certificate: %s, key: %s}
                jobs: {keep: 1m}
                """.formatted(tls.certificate(), tls.key()));
        Child process = Child.start(
                places.logs().resolve("serve.log"),
                Map.of("VARVE_JAVA_OPTIONS", "-Xmx" + options.heap()),
                List.of(
                        places.varve(),
                        "--store",
                        places.store().toString(),
                        "--config",
                        settings.toString(),
                        "serve",
                        "--listen",
                        "127.0.0.1:0"));
        try {
            String url = process.await(SERVES);
            HttpClient client = HttpClient.newBuilder()
                    .sslContext(tls.trusting())
                    .connectTimeout(PATIENCE)
                    .build();
            return new Service(process, url, client);
        } catch (IOException | InterruptedException e) {
            process.close();
            throw e;
        }
    }

    String url() {
        return url;
    }

    ProcessHandle handle() {
        return process.handle();
    }

    String log() throws IOException {
        return process.said();
    }

    void pull(String image) throws IOException, InterruptedException {
        String job = ask(request("/v1/pulls")
                .header("Content-Type", "application/json")
                .header("Prefer", "wait=60")
                .POST(BodyPublishers.ofString("{\"image\": \"" + image + "\"}")));
        if (!job.contains("\"state\":\"done\"")) {
            throw new IOException("pull of " + image + ": " + job);
        }
    }

    Exposition metrics() throws IOException, InterruptedException {
        return Exposition.parse(ask(request("/metrics")));
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(url + path)).timeout(PATIENCE);
    }

    private String ask(HttpRequest.Builder request) throws IOException, InterruptedException {
        var answer = client.send(request.build(), BodyHandlers.ofString());
        if (answer.statusCode() != 200) {
            throw new IOException(answer.request().uri() + ": " + answer.statusCode() + ": " + answer.body());
        }
        return answer.body();
    }

    @Override
    public void close() {
        client.shutdownNow();
        process.close();
    }
}
