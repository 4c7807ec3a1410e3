package io.varve.benchmark.baseline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.zip.GZIPInputStream;

/**
 * Pulls images from a registry without TLS and unpacks them, one stage after the other: each blob becomes a file, the file is read
 * again to be hashed, and again to be inflated into a tar, which is hashed as it is written and then unpacked. Blobs and tars that
 * are there are not fetched or inflated again. Nothing is synced. Any thread; several pulls may go on at once.
 *
 * <pre>
 *   blobs/&lt;hex&gt;            as pulled
 *   tars/&lt;hex&gt;             inflated, by the blob's digest
 *   images/&lt;name&gt;/rootfs   unpacked
 * </pre>
 */
public final class PlainPull {
    private static final int BUFFER = 8192;
    private static final String ACCEPT = "application/vnd.oci.image.manifest.v1+json";

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NORMAL)
            .build();
    private final ObjectMapper mapper = new ObjectMapper();
    private final String registry;
    private final Path directory;

    /** @param registry host and port */
    public PlainPull(String registry, Path directory) throws IOException {
        this.registry = registry;
        this.directory = directory;
        Files.createDirectories(directory.resolve("blobs"));
        Files.createDirectories(directory.resolve("tars"));
    }

    Path image(String repository) {
        return directory.resolve("images").resolve(repository);
    }

    Path blob(String digest) {
        return directory.resolve("blobs").resolve(hex(digest));
    }

    private static String hex(String digest) {
        return digest.substring(digest.indexOf(':') + 1);
    }

    /** Pulls {@code repository:latest}; its root filesystem. */
    public Path pull(String repository) throws IOException, InterruptedException {
        Path image = Files.createDirectories(image(repository));
        HttpRequest request = request("/v2/" + repository + "/manifests/latest")
                .header("Accept", ACCEPT)
                .build();
        byte[] bytes =
                ok(http.send(request, HttpResponse.BodyHandlers.ofByteArray())).body();
        Files.write(image.resolve("manifest.json"), bytes);
        JsonNode manifest = mapper.readTree(bytes);
        String config = manifest.get("config").get("digest").asText();
        fetch(repository, config);
        JsonNode diffIds = mapper.readTree(blob(config).toFile()).get("rootfs").get("diff_ids");
        JsonNode layers = manifest.get("layers");
        for (JsonNode layer : layers) {
            fetch(repository, layer.get("digest").asText());
        }
        for (int i = 0; i < layers.size(); i++) {
            inflate(layers.get(i).get("digest").asText(), diffIds.get(i).asText());
        }
        Path rootfs = Files.createDirectories(image.resolve("rootfs"));
        for (JsonNode layer : layers) {
            PlainUnpack.unpack(tar(layer.get("digest").asText()), rootfs);
        }
        return rootfs;
    }

    private Path tar(String digest) {
        return directory.resolve("tars").resolve(hex(digest));
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://" + registry + path));
    }

    private static <T> HttpResponse<T> ok(HttpResponse<T> response) throws IOException {
        if (response.statusCode() != 200) {
            throw new IOException(response.uri() + ": got " + response.statusCode());
        }
        return response;
    }

    private void fetch(String repository, String digest) throws IOException, InterruptedException {
        if (Files.exists(blob(digest))) {
            return;
        }
        Path fetched = Files.createTempFile(directory, "blob", "");
        HttpRequest request = request("/v2/" + repository + "/blobs/" + digest).build();
        ok(http.send(request, HttpResponse.BodyHandlers.ofFile(fetched)));
        MessageDigest hash = sha256();
        try (InputStream in = Files.newInputStream(fetched)) {
            byte[] buffer = new byte[BUFFER];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                hash.update(buffer, 0, read);
            }
        }
        check(hash, digest);
        Files.move(fetched, blob(digest), StandardCopyOption.ATOMIC_MOVE);
    }

    private void inflate(String digest, String diffId) throws IOException {
        if (Files.exists(tar(digest))) {
            return;
        }
        Path inflated = Files.createTempFile(directory, "tar", "");
        MessageDigest hash = sha256();
        try (InputStream in = new GZIPInputStream(Files.newInputStream(blob(digest)), BUFFER);
                OutputStream out = new DigestOutputStream(Files.newOutputStream(inflated), hash)) {
            in.transferTo(out);
        }
        check(hash, diffId);
        Files.move(inflated, tar(digest), StandardCopyOption.ATOMIC_MOVE);
    }

    private static void check(MessageDigest hash, String digest) throws IOException {
        String got = HexFormat.of().formatHex(hash.digest());
        if (!got.equals(hex(digest))) {
            throw new IOException("digest: got " + got + ", wanted " + digest);
        }
    }

    static String sha256(byte[] bytes) {
        return HexFormat.of().formatHex(sha256().digest(bytes));
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
