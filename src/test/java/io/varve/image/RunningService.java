package io.varve.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.oci.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code varve serve}, a process on a port of its own. */
final class RunningService implements AutoCloseable {
    static final int PATIENCE_S = 60;

    private static final Pattern ADDRESS = Pattern.compile("at http://(127\\.0\\.0\\.1:(\\d+));");
    private static final HttpClient CLIENT = HttpClient.newHttpClient();

    private final Process process;
    private final BufferedReader told;
    private final String address;
    private final int port;

    private RunningService(Process process) throws IOException {
        this.process = process;
        told = process.errorReader();
        Matcher line = ADDRESS.matcher(String.valueOf(told.readLine()));
        assertThat(line.find()).isTrue();
        address = line.group(1);
        port = Integer.parseInt(line.group(2));
    }

    /** @param environment settings of its own */
    static RunningService start(Varve varve, Map<String, String> environment) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                Peers.command().toString(), "--store", varve.store().toString(), "serve", "--listen", "127.0.0.1:0");
        builder.environment().put(Varve.JAVA_OPTIONS, Varve.FAST_COMPILER);
        builder.environment().putAll(environment);
        return new RunningService(builder.start());
    }

    String address() {
        return address;
    }

    int port() {
        return port;
    }

    /** Until it says a line on stderr that begins so; it has to, before it ends. */
    void awaitLine(String beginning) throws IOException {
        String line = told.readLine();
        while (line != null && !line.startsWith(beginning)) {
            line = told.readLine();
        }
        assertThat(line).startsWith(beginning);
    }

    /** SIGTERM. */
    void terminate() {
        process.toHandle().destroy();
    }

    /** SIGKILL. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        end();
    }

    /** Its exit code, once it has ended. */
    int end() throws InterruptedException {
        assertThat(process.waitFor(PATIENCE_S, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    boolean hasEnded(long millis) throws InterruptedException {
        return process.waitFor(millis, TimeUnit.MILLISECONDS);
    }

    HttpResponse<String> get(Version version, String path) throws IOException, InterruptedException {
        return CLIENT.send(request(path).version(version).build(), BodyHandlers.ofString(StandardCharsets.UTF_8));
    }

    /** What it answers, which is JSON. */
    ObjectNode json(String path) throws IOException, InterruptedException {
        return Json.read(
                CLIENT.send(request(path).build(), BodyHandlers.ofByteArray()).body(), Json.DEFAULT_LIMIT);
    }

    HttpResponse<String> post(String path, ObjectNode body, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = request(path)
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofByteArray(Json.write(body)));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return CLIENT.send(request.build(), BodyHandlers.ofString(StandardCharsets.UTF_8));
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://" + address + path));
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
