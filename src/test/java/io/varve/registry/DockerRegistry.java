package io.varve.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A {@code docker-registry} of this machine, on a port of loopback that it chose, with a storage of its own. What it says is
 * in {@code docker-registry.log} of its directory.
 */
public final class DockerRegistry implements AutoCloseable {
    static final String USER = "somebody";
    static final String PASSWORD = "pass:word";

    /** What {@code htpasswd -nbBC 4 somebody pass:word} says. */
    private static final String HTPASSWD = "somebody:$2y$04$RacnUg0hSZ31oft4CY4oIOdivmKGf9VW6EdrEmweG2jnLeSAqDNLG\n";

    private static final Pattern LISTENING = Pattern.compile("listening on 127\\.0\\.0\\.1:(\\d+)");
    private static final int PATIENCE_S = 30;

    private final Process process;
    private final CompletableFuture<Integer> port = new CompletableFuture<>();
    private final String host;
    private final boolean tls;

    private DockerRegistry(Path directory, String config, boolean tls)
            throws IOException, InterruptedException, TimeoutException {
        this.tls = tls;
        Path file = Files.writeString(directory.resolve("docker-registry.yml"), config);
        process = new ProcessBuilder("docker-registry", "serve", file.toString())
                .redirectErrorStream(true)
                .start();
        Thread.ofVirtual().start(() -> log(directory.resolve("docker-registry.log")));
        try {
            host = "127.0.0.1:" + port.get(PATIENCE_S, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            process.destroyForcibly();
            throw new IOException(Files.readString(directory.resolve("docker-registry.log")), e);
        }
    }

    /** Keeps what the registry says, and looks where it says it listens. */
    private void log(Path file) {
        try (BufferedReader lines = process.inputReader(UTF_8);
                Writer log = Files.newBufferedWriter(file)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                log.write(line + "\n");
                log.flush();
                Matcher listening = LISTENING.matcher(line);
                if (listening.find()) {
                    port.complete(Integer.parseInt(listening.group(1)));
                }
            }
            port.completeExceptionally(new IOException("docker-registry ended"));
        } catch (IOException e) {
            port.completeExceptionally(e);
        }
    }

    /** Everybody's, without TLS. */
    public static DockerRegistry http(Path directory) throws IOException, InterruptedException, TimeoutException {
        return new DockerRegistry(directory, config(directory, "", ""), false);
    }

    /** Everybody's, with TLS. */
    static DockerRegistry tls(Path directory, CertificateAuthority.Identity identity)
            throws IOException, InterruptedException, TimeoutException {
        return new DockerRegistry(directory, config(directory, tlsConfig(directory, identity), ""), true);
    }

    /** Of {@link #USER} alone, with TLS. */
    static DockerRegistry htpasswd(Path directory, CertificateAuthority.Identity identity)
            throws IOException, InterruptedException, TimeoutException {
        Path file = Files.writeString(directory.resolve("htpasswd"), HTPASSWD);
        String auth = "auth: {htpasswd: {realm: test, path: " + file + "}}\n";
        return new DockerRegistry(directory, config(directory, tlsConfig(directory, identity), auth), true);
    }

    /** Of those who have a token that the issuer signed, without TLS. */
    static DockerRegistry tokens(Path directory, String realm, CertificateAuthority.Identity issuer)
            throws IOException, InterruptedException, TimeoutException {
        Path trusted = Files.writeString(directory.resolve("issuer.crt"), issuer.certificatePem());
        String auth = "auth: {token: {realm: \"" + realm + "\", service: " + TokenIssuer.SERVICE + ", issuer: "
                + TokenIssuer.ISSUER + ", rootcertbundle: " + trusted + "}}\n";
        return new DockerRegistry(directory, config(directory, "", auth), false);
    }

    private static String config(Path directory, String tls, String auth) {
        return "version: 0.1\n"
                + "log: {level: info, accesslog: {disabled: true}}\n"
                + "storage: {filesystem: {rootdirectory: " + directory.resolve("registry") + "}}\n"
                + "http: {addr: \"127.0.0.1:0\"" + tls + "}\n"
                + auth;
    }

    private static String tlsConfig(Path directory, CertificateAuthority.Identity identity) throws IOException {
        Path certificate = Files.writeString(directory.resolve("server.crt"), identity.certificatePem());
        Path key = Files.writeString(directory.resolve("server.key"), identity.keyPem());
        return ", tls: {certificate: " + certificate + ", key: " + key + "}";
    }

    /** {@code 127.0.0.1:12345} */
    public String host() {
        return host;
    }

    boolean tls() {
        return tls;
    }

    @Override
    public void close() {
        process.destroy();
        process.onExit().orTimeout(PATIENCE_S, TimeUnit.SECONDS).join();
    }
}
