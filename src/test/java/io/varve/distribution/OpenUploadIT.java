package io.varve.distribution;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.oci.Reference;
import io.varve.store.Store;
import io.varve.store.StoreOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpenUploadIT {
    private static final UploadLimits LIMITS =
            new UploadLimits(1000, 1, 1000, Duration.ofHours(1), Duration.ofHours(1), 1000, 1);

    @TempDir
    Path directory;

    private Store store;
    private OpenUpload upload;

    @BeforeEach
    void begin() {
        store = new Store(directory, StoreOptions.DEFAULTS);
        upload = new OpenUpload(
                "id",
                Reference.parse("a.example/app:1"),
                store.join("test"),
                store.content().deposit(),
                LIMITS,
                new AtomicLong());
    }

    @AfterEach
    void end() {
        upload.close();
        store.leave(null);
        store.close();
    }

    @Test
    void requestsHaveItOneAfterTheOther() {
        Promise<Integer> first = Promise.promise();
        Future<Integer> one = upload.alone(until -> first.future());
        Future<Integer> two = upload.alone(until -> Future.succeededFuture(2));
        assertThat(two.isComplete()).isFalse();

        first.complete(1);

        assertThat(one.result()).isEqualTo(1);
        assertThat(two.result()).isEqualTo(2);
    }

    @Test
    void soManyWaitForItAndNotMoreButForItsEnd() {
        Promise<Integer> first = Promise.promise();
        Future<Integer> one = upload.alone(until -> first.future());
        var waiting = IntStream.range(1, 16)
                .mapToObj(i -> upload.alone(until -> Future.succeededFuture(i)))
                .toList();

        assertThat(upload.alone(until -> Future.succeededFuture(16)).cause())
                .hasMessageContaining("another request goes on with this upload");
        Future<String> end = upload.inTurn(until -> Future.succeededFuture("ended"));
        assertThat(end.isComplete()).isFalse();

        first.complete(0);
        assertThat(one.succeeded()).isTrue();
        assertThat(waiting).allMatch(Future::succeeded);
        assertThat(end.result()).isEqualTo("ended");
        assertThat(upload.alone(until -> Future.succeededFuture(17)).result()).isEqualTo(17);
    }
}
