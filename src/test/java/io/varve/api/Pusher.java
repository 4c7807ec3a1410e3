package io.varve.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;

/** A client that pushes, step by step. */
final class Pusher implements AutoCloseable {
    private final String url;
    private final Version version;
    private final Map<String, String> headers;
    private final HttpClient client;

    /** @param headers of each request */
    Pusher(String url, Version version, Map<String, String> headers) {
        this.url = url;
        this.version = version;
        this.headers = headers;
        client = HttpClient.newBuilder().version(version).build();
    }

    HttpResponse<String> send(String method, String path, byte[] body, String... more)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + path))
                .version(version)
                .timeout(Duration.ofSeconds(ServedStore.PATIENCE_S))
                .method(method, body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
        headers.forEach(request::header);
        if (more.length > 0) {
            request.headers(more);
        }
        return client.send(request.build(), BodyHandlers.ofString());
    }

    HttpResponse<String> send(String method, String path, String... more) throws IOException, InterruptedException {
        return send(method, path, new byte[0], more);
    }

    static String header(HttpResponse<?> response, String name) {
        return response.headers().firstValue(name).orElse("none");
    }

    /** Where the next part of a new upload goes. */
    String begin(String repository) throws IOException, InterruptedException {
        HttpResponse<String> begun = send("POST", "/v2/" + repository + "/blobs/uploads/");
        assertThat(begun.statusCode()).as(begun.body()).isEqualTo(202);
        return header(begun, "Location");
    }

    HttpResponse<String> blob(String repository, byte[] bytes) throws IOException, InterruptedException {
        return send("PUT", begin(repository) + "?digest=" + Digest.sha256(bytes), bytes);
    }

    HttpResponse<String> manifest(String repository, String reference, Descriptor manifest, byte[] bytes)
            throws IOException, InterruptedException {
        return send(
                "PUT",
                "/v2/" + repository + "/manifests/" + reference,
                bytes,
                "Content-Type",
                manifest.mediaType().toString());
    }

    /** With all its blobs. */
    HttpResponse<String> image(String repository, String reference, FakeSource source, FakeImage image)
            throws IOException, InterruptedException {
        for (Descriptor blob : image.blobs().subList(1, image.blobs().size())) {
            assertThat(blob(repository, source.read(blob, blob.size())).statusCode())
                    .isEqualTo(201);
        }
        return manifest(repository, reference, image.manifest(), bytes(source, image.manifest()));
    }

    static byte[] bytes(FakeSource source, Descriptor blob) {
        return source.read(blob, blob.size());
    }

    @Override
    public void close() {
        client.shutdownNow();
    }
}
