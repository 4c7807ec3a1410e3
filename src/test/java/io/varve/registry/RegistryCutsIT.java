package io.varve.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.bus.Slabs;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.MediaType;
import java.util.Random;
import java.util.concurrent.TimeoutException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Connections that end at every byte at which they can: nothing is lost, and nothing is asked for twice. */
class RegistryCutsIT extends FaultyWorld {
    /** What a fake server says before every body is longer than this. */
    private static final int HEAD = 60;

    private void cut(String requests, Fault fault) {
        fake.server().reset();
        fake.server().script(requests, fault);
    }

    @Test
    void documentIsAskedForAgainWhereverItBreaksOff() throws TimeoutException {
        for (int at = 0; at < image.manifest().size(); at++) {
            cut("/manifests/", Fault.cut(at));
            assertResolves();
            assertThat(asked("/manifests/")).isEqualTo(2);
        }
    }

    @Test
    void documentWithoutLengthIsAskedForAgainWhereverItBreaksOff() throws TimeoutException {
        for (int at = 0; at < image.manifest().size(); at++) {
            cut("/manifests/", Fault.chunked().and(Fault.cut(at)));
            assertResolves();
        }
    }

    @Test
    void answerIsAskedForAgainWhereverItsHeadBreaksOff() throws TimeoutException {
        for (int at = 0; at < HEAD; at++) {
            cut("/manifests/", Fault.cutHead(at));
            assertResolves();
            cut("/blobs/", Fault.cutHead(at));
            assertPullsLayer();
            assertThat(asked("/blobs/")).isEqualTo(2);
        }
    }

    @Test
    void configurationIsWholeWhereverItBreaksOff() throws TimeoutException {
        for (int at = 0; at < image.config().size(); at++) {
            cut("/blobs/", Fault.cut(at));
            assertThat(document(image.config())).isEqualTo(bytes(image.config()));
        }
    }

    private void assertGoesOn(Descriptor blob, byte[] bytes, Fault framing, int at) throws TimeoutException {
        cut("/blobs/", framing.and(Fault.cut(at)));
        assertThat(blob(blob)).isEqualTo(bytes);
        assertThat(fake.server().asked("/blobs/").stream().map(asked -> asked.header("Range")))
                .containsExactly(null, at == 0 ? null : "bytes=" + at + "-");
    }

    @Test
    void blobIsGoneOnWithWhereverItBreaksOff() throws TimeoutException {
        for (int at = 0; at < layer.size(); at++) {
            assertGoesOn(layer, bytes(layer), Fault.NONE, at);
        }
    }

    @Test
    void blobWithoutLengthIsGoneOnWithWhereverItBreaksOff() throws TimeoutException {
        for (int at = 0; at < layer.size(); at++) {
            assertGoesOn(layer, bytes(layer), Fault.chunked(), at);
        }
    }

    /** A proxy makes an end out of a cut. */
    @Test
    void blobThatEndsWithItsConnectionIsGoneOnWithWhereverThatIs() throws TimeoutException {
        for (int at = 0; at < layer.size(); at++) {
            assertGoesOn(layer, bytes(layer), Fault.untilClose(), at);
        }
    }

    @Test
    void largeBlobIsGoneOnWithAroundTheEndsOfSlabs() throws TimeoutException {
        byte[] bytes = new byte[2 * Slabs.SIZE + 1_000];
        new Random(2).nextBytes(bytes);
        fake.blob(bytes);
        Descriptor blob = Descriptor.of(MediaType.Known.OCI_LAYER, Digest.sha256(bytes), bytes.length);
        for (int slab = 1; slab <= 2; slab++) {
            for (int off : new int[] {-1, 0, 1}) {
                assertGoesOn(blob, bytes, Fault.NONE, slab * Slabs.SIZE + off);
            }
        }
    }

    /** Bytes that come begin the count of attempts anew. */
    @Test
    void blobArrivesByteByByteFromServerThatNeverGivesMore() throws TimeoutException {
        fake.server().always("/blobs/", Fault.cut(1));
        assertPullsLayer();
        assertThat(fake.server().asked("/blobs/").stream().map(asked -> asked.header("Range")))
                .containsExactlyElementsOf(IntStream.range(0, (int) layer.size())
                        .mapToObj(at -> at == 0 ? null : "bytes=" + at + "-")
                        .toList());
    }

    @Test
    void cutsBeyondTheOffsetAreGoneOnWithFromThere() throws TimeoutException {
        int offset = 7;
        byte[] bytes = bytes(layer);
        fake.server().script("/blobs/", Fault.cut(3), Fault.hangUp(), Fault.cut(0), Fault.cut(5));
        CollectedSlabs sink = CollectedSlabs.all();
        ask(() -> client.blob(repository(), layer, offset, sink));
        assertThat(sink.bytes()).isEqualTo(java.util.Arrays.copyOfRange(bytes, offset, bytes.length));
        assertThat(fake.server().asked("/blobs/").stream().map(asked -> asked.header("Range")))
                .containsExactly("bytes=7-", "bytes=10-", "bytes=10-", "bytes=10-", "bytes=15-");
    }
}
