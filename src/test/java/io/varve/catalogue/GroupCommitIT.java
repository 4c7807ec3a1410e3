package io.varve.catalogue;

import static io.varve.catalogue.SampleImage.NOW;
import static io.varve.catalogue.SampleImage.digest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.MediaType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GroupCommitIT {
    @TempDir
    Path directory;

    private final ExecutorService callers = Executors.newVirtualThreadPerTaskExecutor();
    private CatalogueWriter writer;
    private Path file;

    @BeforeEach
    void open() {
        file = directory.resolve("catalogue.db");
        writer = CatalogueWriter.open(file);
    }

    @AfterEach
    void close() {
        callers.close();
        writer.close();
    }

    private static Node node(int number) {
        return Node.blob(digest("blob " + number));
    }

    private Future<Boolean> writes(int number) {
        return callers.submit(() -> writer.<Boolean>write(transaction -> {
            transaction.present(node(number), number, null, NOW);
            return true;
        }));
    }

    /** Keeps the writer's thread busy, so that what comes meanwhile is one group. */
    private final class Busy implements AutoCloseable {
        private final CountDownLatch begun = new CountDownLatch(1);
        private final CountDownLatch over = new CountDownLatch(1);

        Busy() {
            Thread.startVirtualThread(() -> writer.write(transaction -> {
                begun.countDown();
                await(over);
                return true;
            }));
            await(begun);
        }

        /** Until so many others wait for their turn. */
        void awaitWaiting(int number) {
            while (writer.waiting() < number) {
                Thread.onSpinWait();
            }
        }

        @Override
        public void close() {
            over.countDown();
        }
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw Failure.from(e);
        }
    }

    @Test
    void everyThreadFindsItsOwnWhenItReturns() throws Exception {
        List<Future<Boolean>> all = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            int number = i;
            all.add(callers.submit(() -> {
                writes(number).get();
                return writer.catalogue().find(node(number)).orElseThrow().size() == number;
            }));
        }
        for (Future<Boolean> each : all) {
            assertThat(each.get()).isTrue();
        }
        assertThat(writer.catalogue().nodes()).hasSize(200);
    }

    @Test
    void whatComesMeanwhileIsCommittedTogether() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        List<Future<Boolean>> group = new ArrayList<>();
        try (Busy busy = new Busy()) {
            for (int i = 0; i < 8; i++) {
                group.add(writes(i));
                busy.awaitWaiting(i + 1);
            }
            group.add(callers.submit(() -> writer.<Boolean>write(transaction -> {
                begun.countDown();
                await(over);
                return true;
            })));
            busy.awaitWaiting(9);
        }
        await(begun);
        assertThat(group).noneMatch(Future::isDone);
        assertThat(writer.catalogue().nodes()).isEmpty();
        over.countDown();
        for (Future<Boolean> each : group) {
            assertThat(each.get()).isTrue();
        }
        assertThat(writer.catalogue().nodes()).hasSize(8);
    }

    @Test
    void whoThrowsLosesItsOwnAndNothingElse() throws Exception {
        Future<Boolean> before;
        Future<Boolean> thrower;
        Future<Boolean> after;
        try (Busy busy = new Busy()) {
            before = writes(1);
            busy.awaitWaiting(1);
            thrower = callers.submit(() -> writer.<Boolean>write(transaction -> {
                transaction.present(node(2), 2, null, NOW);
                throw Failure.mismatch("size", 1, 2);
            }));
            busy.awaitWaiting(2);
            after = writes(3);
            busy.awaitWaiting(3);
        }
        assertThat(before.get()).isTrue();
        assertThat(after.get()).isTrue();
        assertThatThrownBy(thrower::get)
                .isInstanceOf(ExecutionException.class)
                .cause()
                .hasMessage("Mismatch: size: got 1, wanted 2");
        assertThat(writer.catalogue().nodes()).extracting(Entry::node).containsExactlyInAnyOrder(node(1), node(3));
    }

    @Test
    void errorsAndOddThrowablesReachTheirCaller() {
        assertThatThrownBy(() -> writer.write(transaction -> {
                    throw new StackOverflowError("deep");
                }))
                .isInstanceOf(StackOverflowError.class);
        assertThatThrownBy(() -> writer.write(transaction -> {
                    throw new IllegalStateException("odd");
                }))
                .isInstanceOf(IllegalStateException.class);
        assertThat(writer.<Integer>write(transaction -> 1)).isEqualTo(1);
    }

    @Test
    void interruptWithdrawsWhatHasNotBegun() throws Exception {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        try (Busy busy = new Busy()) {
            Thread caller = Thread.ofPlatform().start(() -> {
                try {
                    writer.write(transaction -> {
                        transaction.present(node(1), 1, null, NOW);
                        return true;
                    });
                } catch (Failure e) {
                    thrown.set(e);
                }
            });
            busy.awaitWaiting(1);
            caller.interrupt();
            caller.join();
        }
        assertThat(thrown.get())
                .isInstanceOfSatisfying(
                        Failure.class, e -> assertThat(e.category()).isEqualTo(Category.CANCELLED));
        assertThat(writer.<Integer>write(transaction -> 1)).isEqualTo(1);
        assertThat(writer.catalogue().nodes()).isEmpty();
    }

    @Test
    void interruptOfWhatHasBegunLetsItEnd() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch over = new CountDownLatch(1);
        AtomicReference<Boolean> interrupted = new AtomicReference<>();
        Thread caller = Thread.ofPlatform().start(() -> {
            writer.write(transaction -> {
                begun.countDown();
                await(over);
                transaction.present(node(1), 1, null, NOW);
                return true;
            });
            interrupted.set(Thread.currentThread().isInterrupted());
        });
        await(begun);
        caller.interrupt();
        over.countDown();
        caller.join();
        assertThat(interrupted.get()).isTrue();
        assertThat(writer.catalogue().find(node(1))).isPresent();
    }

    @Test
    void refusesTransactionWithinTransactionAndAfterwards() {
        assertThatThrownBy(() -> writer.write(transaction -> writer.<Integer>write(inner -> 1)))
                .hasMessageStartingWith("Internal: catalogue ");
        AtomicReference<Transaction> kept = new AtomicReference<>();
        writer.write(transaction -> {
            kept.set(transaction);
            return true;
        });
        assertThatThrownBy(() -> kept.get().untag("a")).hasMessageStartingWith("Internal: catalogue");
    }

    @Test
    void closeWaitsForWhatWaitsAndRefusesTheRest() throws Exception {
        Future<Boolean> waits;
        Thread closing;
        try (Busy busy = new Busy()) {
            waits = writes(1);
            busy.awaitWaiting(1);
            closing = Thread.ofPlatform().start(writer::close);
        }
        closing.join();
        assertThat(waits.get()).isTrue();
        assertThatThrownBy(() -> writer.write(transaction -> 1)).hasMessageEndingWith("it is closed");
        assertThatThrownBy(() -> writer.catalogue().nodes()).hasMessageEndingWith("it is closed");
        assertThat(directory).isDirectoryNotContaining("glob:**-{wal,shm}");
        try (Catalogue again = Catalogue.open(file)) {
            assertThat(again.find(node(1))).isPresent();
        }
    }

    @Test
    void otherProcessSeesWhatWasCommittedWhileTheWriterIsOpen() throws IOException {
        SampleImage image = SampleImage.of("base");
        writer.write(transaction -> {
            image.store(transaction, NOW);
            transaction.tag("here", image.digest(), NOW);
            return true;
        });
        try (OtherProcess other = OtherProcess.start("read", file, "here")) {
            assertThat(other.says()).isEqualTo("true");
        }
    }

    @Test
    void whatWriterCommittedBeforeItDiedIsThere() throws IOException {
        Path theirs = directory.resolve("theirs.db");
        try (OtherProcess other = OtherProcess.start("write", theirs, "there")) {
            assertThat(other.says()).isEqualTo("written");
        }
        try (Catalogue catalogue = Catalogue.open(theirs)) {
            assertThat(catalogue.tag("there")).isPresent();
        }
        try (CatalogueWriter next = CatalogueWriter.open(theirs)) {
            assertThat(next.catalogue().tag("there")).isPresent();
        }
    }

    @Test
    void readerFollowsWritersThatComeAndGo() {
        writer.close();
        try (Catalogue catalogue = Catalogue.open(file)) {
            for (int i = 0; i < 30; i++) {
                assertThat(catalogue.nodes()).hasSize(i);
                try (CatalogueWriter next = CatalogueWriter.open(file)) {
                    int number = i;
                    next.write(transaction -> {
                        transaction.present(node(number), number, null, NOW);
                        return true;
                    });
                    if (i % 3 == 0) {
                        assertThat(catalogue.nodes()).hasSize(i + 1);
                    }
                }
            }
        }
    }

    private void changesNames(boolean so, Consumer<Transaction> work) {
        long before = writer.nameChanges();
        writer.write(transaction -> {
            work.accept(transaction);
            return true;
        });
        assertThat(writer.nameChanges() != before).isEqualTo(so);
    }

    @Test
    void tellsWhatChangesNamesFromWhatDoesNot() {
        SampleImage image = SampleImage.of("a");
        Descriptor again = Descriptor.of(
                MediaType.Known.DOCKER_MANIFEST,
                image.digest(),
                image.descriptor().size());

        changesNames(false, transaction -> transaction.lease(transaction.begin("pull", "a", NOW), image.nodes(), NOW));
        changesNames(false, transaction -> image.store(transaction, NOW));
        changesNames(true, transaction -> transaction.tag("r:a", image.digest(), NOW));
        changesNames(true, transaction -> transaction.tag("r:b", image.digest(), NOW));
        changesNames(false, transaction -> image.store(transaction, NOW));
        changesNames(true, transaction -> transaction.present(image.node(), 1_001, null, NOW));
        changesNames(true, transaction -> transaction.artifact(again, image.manifest(), NOW));
        changesNames(true, transaction -> transaction.untag("r:a"));
        changesNames(false, transaction -> transaction.untag("r:a"));
        changesNames(true, transaction -> transaction.withdraw("r", image.digest()));
    }
}
