package io.varve.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Streams that are reset and connections that go away, under TLS, all over the body. */
class RegistryTlsCutsIT extends FaultyWorld {
    private static final CertificateAuthority AUTHORITY = new CertificateAuthority("test");

    /** Every byte has its turn where there is no TLS, which takes time. */
    private static final int STEP = 7;

    @TempDir
    Path directory;

    @Override
    FakeRegistry registry(Vertx on) throws IOException, TimeoutException {
        Files.writeString(directory.resolve("ca.crt"), AUTHORITY.self().certificatePem());
        return FakeRegistry.http2(on, AUTHORITY.server().options());
    }

    @Override
    HostOptions host() {
        return new HostOptions(List.of(), false, false, directory.resolve("ca.crt"), null, null, 8, 16, true);
    }

    @Test
    void documentIsAskedForAgainWhereverItsStreamIsReset() throws TimeoutException {
        for (int at = 0; at < image.manifest().size(); at += STEP) {
            fake.server().reset();
            fake.server().script("/manifests/", Fault.cut(at));
            assertResolves();
            assertThat(asked("/manifests/")).isEqualTo(2);
        }
        assertThat(fake.server().connections()).isEqualTo(1);
    }

    @Test
    void blobIsGoneOnWithWhereverItsStreamIsReset() throws TimeoutException {
        for (int at = 0; at < layer.size(); at += STEP) {
            fake.server().reset();
            fake.server().script("/blobs/", Fault.cut(at));
            assertPullsLayer();
            assertThat(fake.server().asked("/blobs/")).hasSize(2);
        }
        assertThat(fake.server().connections()).isEqualTo(1);
    }

    @Test
    void blobIsGoneOnWithWhereverItsConnectionGoesAway() throws TimeoutException {
        for (int at = 0; at < layer.size(); at += STEP) {
            fake.server().reset();
            fake.server().script("/blobs/", Fault.goAway(at));
            assertPullsLayer();
            assertThat(fake.server().asked("/blobs/")).hasSize(2);
        }
    }

    @Test
    void requestIsAskedAgainThatIsResetBeforeItsAnswer() throws TimeoutException {
        fake.server().script("/manifests/", Fault.hangUp(), Fault.hangUp());
        assertResolves();
        assertThat(asked("/manifests/")).isEqualTo(3);
    }

    /** It does not speak HTTP/2, though the client offers it. */
    @Test
    void blobIsGoneOnWithWhereverTlsEnds() throws TimeoutException {
        fake.close();
        fake = FakeRegistry.https(far, AUTHORITY.server().options()).add("it", "1", source, image);
        client(NETWORK);
        for (int at = 1; at < layer.size(); at += STEP) {
            fake.server().reset();
            fake.server().script("/blobs/", Fault.cut(at));
            assertPullsLayer();
            assertThat(fake.server().asked("/blobs/").getLast().header("Range")).isEqualTo("bytes=" + at + "-");
        }
    }
}
