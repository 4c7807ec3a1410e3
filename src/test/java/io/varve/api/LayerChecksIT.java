package io.varve.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.guard.Deadline;
import io.varve.manifest.LayerPlan;
import io.varve.oci.Digest;
import io.varve.oci.MediaType;
import io.varve.pipeline.FakeImage;
import io.varve.pipeline.FakeSource;
import io.varve.pipeline.TestStages;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images whose layers take very long to be looked at, and whoever else pushes meanwhile. */
class LayerChecksIT {
    /** One takes long enough for somebody else to come meanwhile, and all of them much longer than that. */
    private static final int LAYERS = 8;

    private static final int BLOCK = 128 << 10;
    private static final int BLOCKS = 4096;
    private static final int MOST = 64;

    private static final FakeSource SOURCE = new FakeSource();

    // Of all tests: to hash what its layers unpack to takes longer than all of them take.
    private static FakeImage image;

    private final HttpClient client = HttpClient.newHttpClient();
    private ServedStore served;
    private Pusher pusher;

    @BeforeAll
    static void make() {
        image = FakeImage.of(
                SOURCE, IntStream.range(0, LAYERS).mapToObj(LayerChecksIT::slow).toArray(LayerPlan[]::new));
    }

    @BeforeEach
    void pushSlowLayers(@TempDir Path directory) throws Exception {
        served = ServedStore.open(directory.resolve("store"), ApiLimits.DEFAULTS);
        pusher = new Pusher(served.api.url(), Version.HTTP_1_1, Map.of());
        for (LayerPlan layer : image.layers()) {
            pusher.blob("slow", Pusher.bytes(SOURCE, layer.blob()));
        }
        pusher.blob("slow", Pusher.bytes(SOURCE, image.config()));
    }

    /** 16 KiB of zstd, for 512 MiB of one byte. */
    private static LayerPlan slow(int fill) {
        int header = 6;
        int each = 4;
        ByteBuffer frame = ByteBuffer.allocate(header + BLOCKS * each).order(ByteOrder.LITTLE_ENDIAN);
        // No size and no checksum; a window of 128 KiB.
        frame.putInt(0xfd2fb528).put((byte) 0).put((byte) (7 << 3));
        for (int i = 1; i <= BLOCKS; i++) {
            int head = BLOCK << 3 | 1 << 1 | (i == BLOCKS ? 1 : 0);
            frame.put((byte) head).put((byte) (head >> 8)).put((byte) (head >> 16));
            frame.put((byte) fill);
        }
        byte[] block = new byte[BLOCK];
        Arrays.fill(block, (byte) fill);
        MessageDigest diffId = Digest.Algorithm.SHA256.hash();
        for (int i = 0; i < BLOCKS; i++) {
            diffId.update(block);
        }
        return new LayerPlan(
                SOURCE.add(MediaType.Known.OCI_LAYER_ZSTD, frame.array()), Digest.of(Digest.Algorithm.SHA256, diffId));
    }

    @AfterEach
    void close() throws Exception {
        client.shutdownNow();
        served.awaitCalm();
        pusher.close();
        served.close();
    }

    private CompletableFuture<HttpResponse<String>> pushSlowly() {
        HttpRequest request = HttpRequest.newBuilder(URI.create(served.api.url() + "/v2/slow/manifests/1"))
                .version(Version.HTTP_1_1)
                .header("Content-Type", image.manifest().mediaType().toString())
                .PUT(BodyPublishers.ofByteArray(Pusher.bytes(SOURCE, image.manifest())))
                .build();
        return client.sendAsync(request, BodyHandlers.ofString());
    }

    private static boolean isDecoding() {
        return TestStages.get().budget().held() > 0;
    }

    @Test
    void nothingIsLookedAtForWhoeverHasGone() throws Exception {
        long before = TestStages.get().traffic().decoded();
        CompletableFuture<?> _ = pushSlowly();
        Deadline.until("it is at it", () -> isDecoding());

        client.shutdownNow();

        served.awaitCalm();
        assertThat(isDecoding()).isFalse();
        assertThat(TestStages.get().traffic().decoded() - before).isLessThan((long) LAYERS * BLOCKS * BLOCK);
    }

    private static <T> CompletableFuture<T> first(List<CompletableFuture<T>> all) {
        CompletableFuture<T> first = new CompletableFuture<>();
        for (CompletableFuture<T> each : all) {
            CompletableFuture<Void> _ = each.thenAccept(first::complete);
        }
        return first;
    }

    @Test
    void othersHaveTheirTurn() throws Exception {
        for (int i = 0; i < 3; i++) {
            CompletableFuture<?> _ = pushSlowly();
        }
        Deadline.until("they are at it", () -> isDecoding() && served.api.load().requests() == 3);

        assertThat(pusher.image("app", "1", SOURCE, FakeImage.gzip(SOURCE, "a", 1000))
                        .statusCode())
                .isEqualTo(201);
        Deadline.until("they are at it still", () -> served.api.load().requests() == 3);
    }

    @Test
    void moreThanSoManyComeAgainLater() throws Exception {
        List<CompletableFuture<HttpResponse<String>>> all = new ArrayList<>();
        for (int i = 0; i <= MOST; i++) {
            all.add(pushSlowly());
        }

        HttpResponse<String> first = first(all).get();

        assertThat(first.statusCode()).isEqualTo(429);
        assertThat(first.headers().map()).containsKey("retry-after");
        assertThat(first.body()).contains("TOOMANYREQUESTS");
    }
}
