package io.varve.crash;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.catalogue.Node;
import io.varve.failure.Failure;
import io.varve.layout.OciLayout;
import io.varve.oci.Descriptor;
import io.varve.oci.Json;
import io.varve.os.Failpoints;
import io.varve.pipeline.PullListener;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** What a collection takes is on the disk before the catalogue is: moments at which that would matter. */
@Timeout(60)
@Isolated("every step that is taken in this process comes by")
class CollectionIT {
    private static final String NAME = "registry.test/image:latest";

    @TempDir
    Path directory;

    private Parts parts;
    private Descriptor image;

    @BeforeEach
    void pull() throws IOException {
        OciLayout layout = OciLayout.open(SampleImages.write(directory.resolve("layout")), Json.DEFAULT_LIMIT);
        image = layout.images().getFirst().descriptor();
        parts = Parts.of(directory.resolve("store"), Duration.ofDays(1));
        UnreliableSource source = new UnreliableSource(layout, 1);
        parts.pull().pull(source, image, NAME, SampleImages.PLATFORM, PullListener.NONE);
    }

    @AfterEach
    void close() {
        Failpoints.listen(null);
        parts.store().close();
    }

    @Test
    void nothingIsTakenThatANameOnTheDiskNeeds() throws InterruptedException {
        List<Boolean> named = Collections.synchronizedList(new ArrayList<>());
        parts.store().write("test", session -> {
            CountDownLatch busy = new CountDownLatch(1);
            CountDownLatch go = new CountDownLatch(1);
            AtomicReference<String> first = new AtomicReference<>("catalogue.committing");
            Failpoints.listen(step -> {
                if (first.compareAndSet(step, "")) {
                    busy.countDown();
                    awaitUninterruptibly(go);
                } else if (step.equals("take.renamed")) {
                    named.add(session.catalogue().tag(NAME).isPresent());
                }
            });
            // While the disk is busy with the first, the other two come, and are committed together.
            Thread other = Thread.startVirtualThread(() -> session.write(transaction -> transaction.untag("another")));
            awaitUninterruptibly(busy);
            Thread untag = waits(() -> session.write(transaction -> transaction.untag(NAME)));
            Thread collect = waits(() -> parts.collector().collect(Instant.now()));
            go.countDown();
            join(other);
            join(untag);
            join(collect);
            return true;
        });

        assertThat(named).as("whether what is taken has a name").isNotEmpty().doesNotContain(true);
    }

    @Test
    void imageOfWhichSomeIsTakenCanNotBeNamed() {
        parts.store().write("test", session -> {
            session.write(transaction -> transaction.untag(NAME));
            Failpoints.listen(step -> {
                if (step.equals("take.synced")) {
                    throw Failure.invalid("the process dies here");
                }
            });
            assertThatThrownBy(() -> parts.collector().collect(Instant.now())).hasMessageContaining("dies here");
            Failpoints.listen(null);

            assertThat(parts.store().content().find(image.digest())).isEmpty();
            assertThat(session.catalogue().find(Node.blob(image.digest())))
                    .hasValueSatisfying(entry -> assertThat(entry.present()).isFalse());
            assertThatThrownBy(() -> session.write(transaction -> {
                        transaction.tag(NAME, image.digest(), Instant.now());
                        return true;
                    }))
                    .hasMessageContaining("is not recorded");
            return true;
        });

        parts.collector().collect(Instant.now());
        assertThat(parts.store().catalogue().orElseThrow().nodes()).isEmpty();
    }

    /** Runs it, and returns when it waits for something. */
    private static Thread waits(Runnable work) {
        Thread thread = Thread.ofPlatform().start(work);
        while (thread.getState() != Thread.State.WAITING) {
            Thread.onSpinWait();
        }
        return thread;
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
