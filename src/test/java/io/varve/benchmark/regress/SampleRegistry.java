package io.varve.benchmark.regress;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** Gives what {@link Sample} made to whoever pulls it, on a port of loopback that it chose. */
final class SampleRegistry implements AutoCloseable {
    private static final int THREADS = 8;

    static {
        // Else answers wait for acknowledgements.
        System.setProperty("sun.net.httpserver.nodelay", "true");
    }

    private final Path directory;
    private final HttpServer server;
    private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);

    private SampleRegistry(Path directory) throws IOException {
        this.directory = directory;
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v2/", this::answer);
        server.setExecutor(threads);
        server.start();
    }

    static SampleRegistry serve(Path directory) throws IOException {
        return new SampleRegistry(directory);
    }

    /** {@code 127.0.0.1:12345} */
    String host() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    private void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String[] words = exchange.getRequestURI().getPath().split("/", -1);
            if (words.length < 5) {
                exchange.sendResponseHeaders(200, -1);
                return;
            }
            String digest = words[4].startsWith("sha256:")
                    ? words[4]
                    : Files.readString(directory.resolve("names").resolve(words[2]));
            Path blob = directory.resolve("blobs").resolve(digest);
            if (words[3].equals("manifests")) {
                exchange.getResponseHeaders().set("Content-Type", "application/vnd.oci.image.manifest.v1+json");
                exchange.getResponseHeaders().set("Docker-Content-Digest", digest);
            }
            long length = Files.size(blob);
            if (exchange.getRequestMethod().equals("HEAD")) {
                exchange.getResponseHeaders().set("Content-Length", Long.toString(length));
                exchange.sendResponseHeaders(200, -1);
                return;
            }
            exchange.sendResponseHeaders(200, length);
            try (OutputStream body = exchange.getResponseBody()) {
                Files.copy(blob, body);
            }
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.close();
    }
}
