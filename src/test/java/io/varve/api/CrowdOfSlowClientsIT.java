package io.varve.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.bus.Slabs;
import io.varve.http.Patience;
import io.varve.oci.Descriptor;
import io.varve.pipeline.FakeImage;
import java.net.http.HttpClient.Version;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Those who are slow, and not so slow that they are cut off: many of them leave room for those who are quick. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CrowdOfSlowClientsIT {
    /** Bodies that there is memory for with two slabs of the usual size each. */
    private static final int ROOM = 8;

    private static final int CROWD = 3 * ROOM;
    private static final int LARGE = 4 << 20;

    private ServedStore served;
    private Descriptor blob;
    private String path;

    @BeforeAll
    void serve(@TempDir Path directory) throws Exception {
        long memory = ROOM * 2L * Slabs.SIZE;
        served = ServedStore.open(
                directory.resolve("store"),
                new ApiLimits(
                        memory, 100, 1 << 20, 64L << 20, 1L << 30, 64L << 20, 0, 1000, 1000, memory, 256, 256L << 30),
                Patience.DEFAULTS);
        FakeImage image =
                FakeImage.of(served.source, FakeImage.plainLayer(served.source, FakeImage.tar("large", LARGE)));
        served.put("app:1", image.manifest());
        blob = image.layers().getFirst().blob();
        path = "/v2/app/blobs/" + blob.digest();
    }

    @AfterAll
    void close() throws Exception {
        served.close();
    }

    private static void close(List<? extends AutoCloseable> crowd) throws Exception {
        for (AutoCloseable each : crowd) {
            each.close();
        }
    }

    @Test
    void whoReadsIsNotKeptWaitingByThoseWhoReadSlowly() throws Exception {
        List<Frames> crowd = new ArrayList<>();
        try {
            for (int i = 0; i < CROWD; i++) {
                Frames slow = new Frames(served.port(), 1_000);
                crowd.add(slow);
                assertThat(slow.status(slow.get(path))).isEqualTo(200);
            }

            assertThat(served.digest(Version.HTTP_1_1, path)).isEqualTo(blob.digest());
            assertThat(served.digest(Version.HTTP_2, path)).isEqualTo(blob.digest());
            assertThat(served.api.load().requests())
                    .as("those who are still read to")
                    .isEqualTo(CROWD);
        } finally {
            close(crowd);
        }
        served.awaitCalm();
    }

    @Test
    void whoPushesIsNotKeptWaitingByThoseWhoPushSlowly() throws Exception {
        List<Wire> crowd = new ArrayList<>();
        try (Pusher pusher = new Pusher(served.api.url(), Version.HTTP_2, Map.of())) {
            for (int i = 0; i < CROWD; i++) {
                crowd.add(new Wire(served.port())
                        .send("PATCH " + pusher.begin("slow")
                                + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"));
            }
            ServedStore.await("all of them push", () -> served.api.load().requests() == CROWD);

            assertThat(pusher.blob("quick", new byte[LARGE]).statusCode()).isEqualTo(201);
            assertThat(served.api.load().requests()).as("those who still push").isEqualTo(CROWD);
        } finally {
            close(crowd);
        }
        served.awaitCalm();
    }
}
