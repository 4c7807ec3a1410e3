package io.varve.crash;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.layout.OciLayout;
import io.varve.oci.Descriptor;
import io.varve.oci.Json;
import io.varve.os.Failpoints;
import io.varve.pipeline.PullListener;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Isolated;

/** What one thread acknowledges can be what another one has brought. */
@Timeout(60)
@Isolated("every step that is taken in this process comes by")
class SharedCommitIT {
    @TempDir
    Path directory;

    @AfterEach
    void stopListening() {
        Failpoints.listen(null);
    }

    @Test
    void pullThatFindsWhatAnotherOneIsNamingWaitsUntilThatIsOnTheDisk() throws Exception {
        OciLayout layout = OciLayout.open(SampleImages.write(directory.resolve("layout")), Json.DEFAULT_LIMIT);
        Descriptor image = layout.images().get(1).descriptor();
        Parts parts = Parts.of(directory.resolve("store"), Duration.ofDays(1));
        Path indexes = directory.resolve("store/images/sha256");
        CountDownLatch planned = new CountDownLatch(1);
        CountDownLatch named = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        AtomicBoolean alone = new AtomicBoolean(true);
        AtomicBoolean first = new AtomicBoolean(true);
        Failpoints.listen(step -> {
            // It has its documents on the disk, and is about to look for the rest.
            if (step.equals("ingest.published") && alone.compareAndSet(true, false)) {
                planned.countDown();
                awaitUninterruptibly(named);
            }
            // The last thing that gets a name before the catalogue knows of an image is its index.
            if (step.equals("commit.named") && indexes.toFile().exists() && first.compareAndSet(true, false)) {
                named.countDown();
                awaitUninterruptibly(go);
            }
        });
        parts.store().write("test", session -> {
            // It goes on when the other one has just named all that it looks for.
            Thread finder = Thread.ofPlatform().start(() -> pull(parts, layout, image, "finder"));
            awaitUninterruptibly(planned);
            Thread bringer = Thread.ofPlatform().start(() -> pull(parts, layout, image, "bringer"));
            awaitUninterruptibly(named);
            while (finder.isAlive() && !somebodyWaitsForTheDisk()) {
                Thread.onSpinWait();
            }

            boolean acknowledged = session.catalogue().tag("finder").isPresent();
            go.countDown();
            assertThat(acknowledged).isFalse();
            join(bringer);
            join(finder);
            assertThat(session.catalogue().tag("finder")).isPresent();
            return true;
        });
        parts.store().close();
    }

    private static void pull(Parts parts, OciLayout layout, Descriptor image, String name) {
        parts.pull().pull(new UnreliableSource(layout, 1), image, name, SampleImages.PLATFORM, PullListener.NONE);
    }

    private static boolean somebodyWaitsForTheDisk() {
        return Thread.getAllStackTraces().values().stream()
                .anyMatch(stack -> Arrays.stream(stack)
                        .anyMatch(frame -> frame.getClassName().equals("io.varve.os.Commits")
                                && frame.getMethodName().equals("settle")));
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
