package io.varve.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.varve.bus.Slabs;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.pipeline.FakeImage;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import java.net.http.HttpClient.Version;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Blobs on their way out: to those who are fast, those who stand still, and those who leave. */
class TransferIT {
    /** What one body takes. */
    private static final long ONE = 2L * Slabs.SIZE;

    /** Of a blob that no socket's buffers have room for. */
    private static final int LARGE = 16 << 20;

    @TempDir
    Path directory;

    private ServedStore served;
    private Descriptor blob;
    private String path;

    @BeforeEach
    void serve() throws Exception {
        serve(2 * ONE);
    }

    /** @param servedBytes of memory for bodies */
    private void serve(long servedBytes) throws Exception {
        served = ServedStore.open(
                directory.resolve("store" + servedBytes),
                new ApiLimits(
                        servedBytes, 100, 1 << 20, 64L << 20, 1L << 30, 0, 100, 1000, 64L << 20, 256, 256L << 30));
        FakeImage image =
                FakeImage.of(served.source, FakeImage.plainLayer(served.source, FakeImage.tar("large", LARGE)));
        served.put("app:1", image.manifest());
        blob = image.layers().getFirst().blob();
        path = "/v2/app/blobs/" + blob.digest();
    }

    @AfterEach
    void close() throws Exception {
        served.close();
        assertThat(ServedStore.openFiles(blob.digest().hex()))
                .as("blobs that are still open")
                .isEmpty();
    }

    private void assertGiven(Version version) throws Exception {
        assertThat(served.digest(version, path)).isEqualTo(blob.digest());
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void manyAreServedAtOnceWithLittleMemory(Version version) throws Exception {
        List<CompletableFuture<Digest>> all = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            all.add(askedFor(version));
        }
        for (CompletableFuture<Digest> each : all) {
            assertThat(each.get(ServedStore.PATIENCE_S, TimeUnit.SECONDS)).isEqualTo(blob.digest());
        }
    }

    private CompletableFuture<Digest> askedFor(Version version) {
        CompletableFuture<Digest> given = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            try {
                given.complete(served.digest(version, path));
            } catch (Exception e) {
                given.completeExceptionally(e);
            }
        });
        return given;
    }

    @ParameterizedTest
    @EnumSource(Version.class)
    void readerThatStandsStillHoldsUpNobodyElse(Version version) throws Exception {
        try (RawClient still = RawClient.get(served.port(), path).begin()) {
            assertGiven(version);
            assertThat(still.rest()).as("all of it, once it is read").isEqualTo(blob.size() - 1);
        }
    }

    @Test
    void readersThatStandStillTakeTwoSlabsEach() throws Exception {
        served.close();
        serve(64L << 20);
        assertGiven(Version.HTTP_1_1);
        long before = used();
        List<RawClient> still = new ArrayList<>();
        try {
            for (int i = 0; i < 24; i++) {
                still.add(RawClient.get(served.port(), path).begin());
            }
            // Whoever read ahead for the others would have had the time for it.
            assertGiven(Version.HTTP_1_1);
            assertGiven(Version.HTTP_1_1);

            assertThat(used() - before).isLessThan(24 * ONE + (16L << 20));
        } finally {
            for (RawClient each : still) {
                each.close();
            }
        }
    }

    private static long used() {
        return ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT)
                .metric()
                .usedDirectMemory();
    }

    @Test
    void whoFindsNoMemoryWaits() throws Exception {
        try (RawClient still = RawClient.get(served.port(), path).begin();
                RawClient other = RawClient.get(served.port(), path).begin()) {
            CompletableFuture<Digest> waiting = askedFor(Version.HTTP_1_1);
            // What needs no memory needs no wait.
            assertThat(served.ask(Version.HTTP_1_1, "HEAD", path, Map.of()).statusCode())
                    .isEqualTo(200);
            assertThat(waiting).isNotDone();

            assertThat(still.rest()).isEqualTo(blob.size() - 1);

            assertThat(waiting.get(ServedStore.PATIENCE_S, TimeUnit.SECONDS)).isEqualTo(blob.digest());
            assertThat(other.rest()).isEqualTo(blob.size() - 1);
        }
    }

    @Test
    void readersThatVanishLeaveNothingBehind() throws Exception {
        for (int i = 0; i < 20; i++) {
            RawClient.get(served.port(), path).begin().vanish();
            RawClient.get(served.port(), path).vanish();
        }

        assertGiven(Version.HTTP_1_1);
    }

    @Test
    void readersThatResetTheirStreamsLeaveNothingBehind() throws Exception {
        HttpClient client = served.vertx.createHttpClient(
                new HttpClientOptions().setProtocolVersion(HttpVersion.HTTP_2).setHttp2ClearTextUpgrade(false));
        for (int i = 0; i < 20; i++) {
            client.request(HttpMethod.GET, served.port(), "127.0.0.1", path)
                    .compose(TransferIT::beginAndReset)
                    .await(ServedStore.PATIENCE_S, TimeUnit.SECONDS);
        }

        assertGiven(Version.HTTP_1_1);
        client.close().await(ServedStore.PATIENCE_S, TimeUnit.SECONDS);
    }

    private static Future<Void> beginAndReset(HttpClientRequest request) {
        Promise<Void> begun = Promise.promise();
        request.send()
                .onFailure(begun::tryFail)
                .onSuccess(response -> response.exceptionHandler(ignored -> {})
                        .handler(first -> request.reset().onComplete(reset -> begun.tryComplete())));
        return begun.future();
    }

    @Test
    void closingEndsThoseWhoStandStill() throws Exception {
        try (RawClient one = RawClient.get(served.port(), path).begin();
                RawClient two = RawClient.get(served.port(), path).begin()) {
            CompletableFuture.runAsync(served.api::close).get(ServedStore.PATIENCE_S, TimeUnit.SECONDS);

            assertThat(one.rest() + two.rest()).isLessThan(2 * blob.size() - 2);
        }
    }

    @Test
    void blobThatIsCutOnTheDiskIsCutOnTheWire() throws Exception {
        try (RawClient client = RawClient.get(served.port(), path).begin()) {
            Path file = served.store.content().home(blob.digest());
            try (FileChannel cut = FileChannel.open(file, StandardOpenOption.WRITE)) {
                cut.truncate(LARGE - 1_000);
            }

            assertThat(client.rest()).isLessThan(blob.size() - 1);
        }
    }

    @Test
    void removedBlobIsGivenToTheEndToThoseWhoAreReadingIt() throws Exception {
        try (RawClient client = RawClient.get(served.port(), path).begin()) {
            Files.delete(served.store.content().home(blob.digest()));

            assertThat(client.rest()).isEqualTo(blob.size() - 1);
        }
    }
}
