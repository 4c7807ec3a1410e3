package io.varve.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.guard.WatchedVertx;
import io.varve.image.Peers;
import io.varve.image.Program;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The registry that ours is tested with is one that others can work with. */
class FakeRegistryIT {
    private static final Credential.Basic USER = new Credential.Basic("somebody", "pass:word");

    @TempDir
    Path directory;

    private final FakeSource source = new FakeSource();
    private final FakeImage image = FakeImage.gzip(source, "layer", 1_000, 100_000);
    private Vertx vertx;

    @BeforeEach
    void start() throws TimeoutException {
        Peers.need("skopeo");
        vertx = WatchedVertx.createForSockets();
    }

    @AfterEach
    void stop() throws TimeoutException {
        vertx.close().await();
    }

    private void assertSkopeoCopies(FakeRegistry registry, String... options) throws IOException, InterruptedException {
        registry.add("some/thing", "1", source, image);
        List<String> words = new ArrayList<>(List.of("skopeo", "--insecure-policy", "copy", "--quiet"));
        words.addAll(List.of(options));
        words.add("docker://" + registry.reference("some/thing", "1"));
        words.add("oci:copy:it");
        new Program(directory, words.toArray(String[]::new)).succeed();
        assertThat(directory.resolve("copy/blobs/sha256").toFile().list())
                .containsExactlyInAnyOrder(
                        image.blobs().stream().map(blob -> blob.digest().hex()).toArray(String[]::new));
    }

    @Test
    void skopeoCopiesFromIt() throws Exception {
        try (FakeRegistry registry = FakeRegistry.http(vertx)) {
            assertSkopeoCopies(registry, "--src-tls-verify=false");
        }
    }

    @Test
    void skopeoCopiesFromItWithPassword() throws Exception {
        try (FakeRegistry registry = FakeRegistry.http(vertx).demandBasic(USER.user(), USER.password())) {
            assertSkopeoCopies(registry, "--src-tls-verify=false", "--src-creds=somebody:pass:word");
        }
    }

    @Test
    void skopeoCopiesFromItWithTokens() throws Exception {
        TokenIssuer issuer = TokenIssuer.opaque(Integer.MAX_VALUE).onlyFor(USER.user(), USER.password());
        try (FakeServer tokens = FakeServer.http(vertx, issuer);
                FakeRegistry registry = FakeRegistry.http(vertx).demandTokens(issuer, tokens.url() + "/token")) {
            assertSkopeoCopies(registry, "--src-tls-verify=false", "--src-creds=somebody:pass:word");
        }
    }

    @Test
    void skopeoCopiesFromItOverHttp2() throws Exception {
        CertificateAuthority authority = new CertificateAuthority("test");
        Files.writeString(directory.resolve("ca.crt"), authority.self().certificatePem());
        try (FakeRegistry registry =
                FakeRegistry.http2(vertx, authority.server().options())) {
            assertSkopeoCopies(registry, "--src-cert-dir=" + directory);
        }
    }
}
