package io.varve.benchmark.baseline;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedInputStream;
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
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.zip.GZIPInputStream;

/**
 * Pulls images from a registry without TLS and unpacks them, one stage after the other: first each blob becomes a file, hashed as it
 * comes; then one layer after the other is inflated, hashed and unpacked as it is read. Blobs that are there are not fetched
 * again. Nothing is synced. Any thread; several pulls may go on at once.
 *
 * <pre>
 *   blobs/&lt;hex&gt;            as pulled
 *   images/&lt;name&gt;/rootfs   unpacked
 * </pre>
 */
public final class PlainPull {
    private static final int BUFFER = 1 << 16;
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
        Path rootfs = Files.createDirectories(image.resolve("rootfs"));
        for (int i = 0; i < layers.size(); i++) {
            unpack(layers.get(i).get("digest").asText(), diffIds.get(i).asText(), rootfs);
        }
        return rootfs;
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
        MessageDigest hash = sha256();
        try (InputStream in = new DigestInputStream(
                        ok(http.send(request, HttpResponse.BodyHandlers.ofInputStream()))
                                .body(),
                        hash);
                OutputStream out = Files.newOutputStream(fetched)) {
            copy(in, out);
        }
        check(hash, digest);
        Files.move(fetched, blob(digest), StandardCopyOption.ATOMIC_MOVE);
    }

    private void unpack(String digest, String diffId, Path rootfs) throws IOException {
        MessageDigest hash = sha256();
        try (InputStream blob = Files.newInputStream(blob(digest));
                InputStream tar = new BufferedInputStream(
                        new DigestInputStream(new GZIPInputStream(blob, BUFFER), hash), BUFFER)) {
            PlainUnpack.unpack(tar, rootfs);
            // What follows the end of a tar belongs to what its digest is of.
            tar.transferTo(OutputStream.nullOutputStream());
        }
        check(hash, diffId);
    }

    private static void copy(InputStream in, OutputStream out) throws IOException {
        byte[] buffer = new byte[BUFFER];
        for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
            out.write(buffer, 0, read);
        }
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
