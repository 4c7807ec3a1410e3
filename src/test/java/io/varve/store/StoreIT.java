package io.varve.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.varve.catalogue.Node;
import io.varve.catalogue.Reason;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.guard.Deadline;
import io.varve.layout.LayoutReference;
import io.varve.layout.OciLayout;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Json;
import io.varve.pipeline.FakeImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sessions and readers of one store, of one process and of several, and what is in its directory afterwards. */
class StoreIT extends StoreWorld {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private Store impatient() {
        return open(waiting(Duration.ZERO));
    }

    private static StoreOptions waiting(Duration lockWait) {
        return TestOptions.usual().lockWait(lockWait).build();
    }

    @Test
    void storeThatIsNotThereIsEmptyToReadersAndStaysSo() {
        assertThat(store.catalogue()).isEmpty();
        assertThat(store.content().find(Digest.sha256(new byte[0]))).isEmpty();
        assertThat(directory).doesNotExist();
    }

    @Test
    void firstWhoWritesMakesAStoreThatIsALayout() throws IOException {
        String said = store.write("test", session -> {
            assertThat(session.catalogue().nodes()).isEmpty();
            return "result";
        });

        assertThat(said).isEqualTo("result");
        assertThat(Json.read(Files.readAllBytes(directory.resolve("varve.json")), 100)
                        .get("form")
                        .asInt())
                .isEqualTo(1);
        assertThat(namesInIndex()).isEmpty();
        assertThat(names(store)).isEmpty();
        assertThat(Files.getAttribute(directory, "unix:mode")).isEqualTo(0040700);
    }

    @Test
    void whatWasWrittenIsThereForTheNextProcess() {
        FakeImage image = pull("f", NAME);

        Store next = open(DEFAULTS);

        assertThat(catalogue(next).tag(NAME).orElseThrow().image()).isEqualTo(image.manifest());
        assertThat(next.layers().find(image.layers().getFirst().diffId())).isPresent();
    }

    @Test
    void workThatFailsEndsTheSessionAndUndoesOnlyItsTransaction() {
        FakeImage image = pull("f", NAME);

        assertThat(refused(
                        Category.CONFLICT,
                        () -> store.write("test", session -> {
                            session.write(transaction -> {
                                transaction.tag("first", image.manifest().digest(), Instant.now());
                                return true;
                            });
                            return session.write(transaction -> {
                                transaction.tag("second", image.manifest().digest(), Instant.now());
                                throw Failure.of(Category.CONFLICT, "mine");
                            });
                        })))
                .hasMessage("Conflict: mine");

        assertThat(names(store)).containsExactly(NAME, "first");
        assertThat(namesInIndex()).containsExactly(NAME, "first");
        touch(impatient());
    }

    @Test
    void sessionLastsUntilTheLastOfThoseWhoShareIt() throws Exception {
        CountDownLatch secondIsIn = new CountDownLatch(1);
        CountDownLatch firstIsOut = new CountDownLatch(1);
        try (ExecutorService other = Executors.newSingleThreadExecutor()) {
            Future<Session> second = other.submit(() -> store.write("second", session -> {
                secondIsIn.countDown();
                await(firstIsOut);
                assertThat(refused(Category.UNAVAILABLE, () -> touch(impatient())))
                        .hasMessageContaining("held by process ");
                return session;
            }));
            Session first = store.write("first", session -> {
                await(secondIsIn);
                return session;
            });
            firstIsOut.countDown();
            assertThat(second.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isSameAs(first);
        }
        touch(impatient());
    }

    private static void await(CountDownLatch latch) {
        try {
            assertThat(latch.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void whoeverCannotWaitIsToldWhoHoldsTheStore() throws Exception {
        try (HoldingProcess holder = HoldingProcess.of(directory)) {
            Failure failure = refused(Category.UNAVAILABLE, () -> touch(open(waiting(Duration.ofMillis(30)))));

            assertThat(failure)
                    .hasMessageStartingWith("Unavailable: store " + directory + ": held by process " + holder.pid()
                            + " (" + HoldingProcess.PURPOSE + ") since ")
                    .hasMessageEndingWith("; waited 0 s (lockWait)")
                    .hasCauseInstanceOf(StoreHeld.class);
        }
    }

    @Test
    void secondProcessWaitsUntilTheFirstLetsGo() throws Exception {
        try (HoldingProcess holder = HoldingProcess.of(directory);
                ExecutorService other = Executors.newSingleThreadExecutor()) {
            Future<?> waiting = other.submit(() -> touch(open(DEFAULTS)));
            holder.letGo();
            waiting.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
    }

    @Test
    void whoeverWaitsCanBeInterrupted() throws Exception {
        try (HoldingProcess holder = HoldingProcess.of(directory)) {
            List<Throwable> thrown = new ArrayList<>();
            Thread waiting = Thread.ofPlatform().start(() -> {
                try {
                    touch(open(DEFAULTS));
                } catch (Failure e) {
                    thrown.add(e);
                }
            });
            waiting.interrupt();
            waiting.join(PATIENCE.toMillis());
            assertThat(thrown).hasSize(1).first().isInstanceOfSatisfying(Failure.class, failure -> {
                assertThat(failure.category()).isEqualTo(Category.CANCELLED);
                assertThat(failure).hasMessageContaining("process " + holder.pid());
            });
        }
    }

    /** Begins to wait for the store, which somebody holds. */
    private Thread waiting(Store store, Queue<Category> refused, Runnable then) {
        Thread waiting = Thread.ofPlatform().start(() -> {
            try {
                touch(store);
            } catch (Failure e) {
                refused.add(e.category());
                return;
            }
            then.run();
        });
        Deadline.until("it waits", () -> waiting.getState() == Thread.State.TIMED_WAITING);
        return waiting;
    }

    @Test
    void thoseWhoWaitForAnotherProcessDoNotWaitForEachOther() throws Exception {
        try (HoldingProcess holder = HoldingProcess.of(directory)) {
            AtomicInteger done = new AtomicInteger();
            Queue<Category> refused = new ConcurrentLinkedQueue<>();
            Store store = open(DEFAULTS);
            Thread first = waiting(store, refused, done::incrementAndGet);
            Thread second = waiting(store, refused, done::incrementAndGet);
            Thread third = waiting(store, refused, done::incrementAndGet);

            for (Thread each : List.of(second, first)) {
                each.interrupt();
                each.join(PATIENCE.toMillis());
                assertThat(each.isAlive()).isFalse();
            }
            assertThat(done).hasValue(0);
            assertThat(refused).containsExactly(Category.CANCELLED, Category.CANCELLED);

            holder.letGo();
            third.join(PATIENCE.toMillis());
            assertThat(done).hasValue(1);
        }
    }

    @Test
    void readersNeedNoLockAndSeeWhatTheHolderCommitted() throws Exception {
        FakeImage image = pull("f", NAME);
        try (HoldingProcess holder = HoldingProcess.of(directory)) {
            Store reader = open(DEFAULTS);
            assertThat(names(reader)).containsExactly(NAME);
            assertThat(reader.layers().find(image.layers().getFirst().diffId())).isPresent();
            holder.letGo();
            assertThat(names(reader)).containsExactly(NAME);
        }
    }

    @Test
    void readersDoNotWaitForThoseWhoWaitForTheLock() throws Exception {
        pull("f", NAME);
        try (HoldingProcess holder = HoldingProcess.of(directory);
                ExecutorService others = Executors.newFixedThreadPool(2)) {
            Thread[] waiter = new Thread[1];
            CountDownLatch began = new CountDownLatch(1);
            Future<?> waiting = others.submit(() -> {
                waiter[0] = Thread.currentThread();
                began.countDown();
                touch(store);
            });
            await(began);
            Deadline.until(() -> waiter[0].getState() == Thread.State.TIMED_WAITING);

            assertThat(others.submit(() -> names(store)).get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .containsExactly(NAME);

            assertThat(waiting).isNotDone();
            holder.letGo();
            waiting.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
    }

    @Test
    void questionsAreAnsweredWhileSessionsComeAndGo() throws Exception {
        pull("f", NAME);
        Store store = open(DEFAULTS);
        AtomicBoolean over = new AtomicBoolean();
        try (ExecutorService others = Executors.newFixedThreadPool(2)) {
            List<Future<Boolean>> asking = new ArrayList<>();
            for (int i = 0; i < 2; i++) {
                asking.add(others.submit(() -> {
                    boolean always = true;
                    while (!over.get()) {
                        always &= store.read(catalogue -> catalogue.tag(NAME).isPresent())
                                .orElse(false);
                    }
                    return always;
                }));
            }
            for (int i = 0; i < 30; i++) {
                touch(store);
            }
            over.set(true);
            for (Future<Boolean> each : asking) {
                assertThat(each.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
            }
        }
    }

    @Test
    void deadHolderIsNoObstacleAndNothingOfItIsLeft() throws Exception {
        try (HoldingProcess holder = HoldingProcess.of(directory)) {
            assertThat(directory.resolve("ingest")).isDirectoryContaining("glob:**/staged-layer-*");
            holder.kill();
        }

        touch(impatient());

        assertThat(directory.resolve("ingest")).isEmptyDirectory();
        FakeImage image = pull("f", NAME);
        assertThat(catalogue(store).why(image.chainId(), Map.of(), Instant.now()))
                .extracting(Reason::root)
                .containsExactly("tag " + NAME);
    }

    @Test
    void indexFollowsTheCatalogueWhileTheSessionLasts() {
        FakeImage image = pull("f", NAME);

        store.write("test", session -> {
            session.write(transaction -> {
                transaction.tag("docker.io/library/second:1", image.manifest().digest(), Instant.now());
                return transaction.untag(NAME);
            });
            Deadline.until(() -> namesInIndex().equals(List.of("docker.io/library/second:1")));
            return true;
        });
    }

    @Test
    void indexIsLeftAloneByWhatChangesNoName() throws IOException {
        FakeImage image = pull("f", NAME);
        String second = "docker.io/library/second:1";

        store.write("test", session -> {
            session.write(transaction -> {
                transaction.tag(second, image.manifest().digest(), Instant.now());
                return true;
            });
            Deadline.until(() -> namesInIndex().contains(second));
            scribble("by hand");
            return session.write(transaction -> {
                long job = transaction.begin("pull", NAME, Instant.now());
                transaction.lease(job, List.of(Node.blob(image.manifest().digest())), Instant.now());
                transaction.present(
                        Node.blob(image.manifest().digest()), image.manifest().size(), null, Instant.now());
                return transaction.untag("docker.io/library/third:1");
            });
        });

        assertThat(directory.resolve("index.json")).hasContent("by hand");
    }

    private void scribble(String words) {
        try {
            Files.writeString(directory.resolve("index.json"), words);
        } catch (IOException e) {
            throw Failure.from(e);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{\"schemaVersion\": 2, \"manifests\": []}", "no json"})
    void indexSaysWhatTheCatalogueSaysAfterEverySession(String damaged) throws IOException {
        pull("a", NAME);
        FakeImage second = pull("b", "docker.io/library/b:1");
        byte[] right = Files.readAllBytes(directory.resolve("index.json"));
        assertThat(namesInIndex()).containsExactly(NAME, "docker.io/library/b:1");
        assertThat(OciLayout.open(directory, Json.DEFAULT_LIMIT)
                        .resolve(LayoutReference.parse("oci:" + directory + ":docker.io/library/b:1"))
                        .digest())
                .isEqualTo(second.manifest().digest());
        Files.writeString(directory.resolve("index.json"), damaged);

        touch(store);

        assertThat(directory.resolve("index.json")).hasBinaryContent(right);
    }

    @Test
    void indexThatIsRightIsNotWrittenAgain() throws IOException {
        pull("a", NAME);
        Object before = Files.getAttribute(directory.resolve("index.json"), "unix:ino");

        touch(store);

        assertThat(Files.getAttribute(directory.resolve("index.json"), "unix:ino"))
                .isEqualTo(before);
    }

    @Test
    void filesOfOthersAreLeftAlone() throws IOException {
        pull("f", NAME);
        List<Path> foreign = Stream.of(
                        "notes.txt",
                        "ingest/notes.txt",
                        "ingest/other/file",
                        "blobs/sha256/not-a-digest",
                        "layers/other",
                        "images/sha256/x",
                        "quarantine/kept/file",
                        "views.txt")
                .map(directory::resolve)
                .toList();
        for (Path each : foreign) {
            Files.createDirectories(Objects.requireNonNull(each.getParent()));
            Files.writeString(each, "mine");
        }

        touch(store);
        store.close();
        Files.delete(directory.resolve("catalogue.db"));
        touch(store);

        assertThat(foreign).allSatisfy(each -> assertThat(each).hasContent("mine"));
    }

    @Test
    void whatCanNeverBeFinishedIsSweptAndDownloadsAreKeptForAWhile() throws IOException {
        touch(store);
        Path ingest = directory.resolve("ingest");
        for (String each : List.of("staged-layer-1", "staged-trash-2", "staged-index-3")) {
            Files.writeString(Files.createDirectories(ingest.resolve(each)).resolve("file"), "half");
        }
        Path recent = interrupted("recent");
        Path old = interrupted("old");
        FileTime longAgo =
                FileTime.from(Instant.now().minus(DEFAULTS.ingestMaxAge()).minusSeconds(60));
        for (Path each : List.of(old.resolve("data"), old.resolve("state"), old)) {
            Files.setLastModifiedTime(each, longAgo);
        }

        touch(store);

        assertThat(ingest.toFile().listFiles()).containsExactly(recent.toFile());
    }

    private Path interrupted(String what) {
        byte[] bytes = what.getBytes(UTF_8);
        Digest digest = Digest.sha256(bytes);
        var slab = Unpooled.wrappedBuffer(bytes);
        try (var begun = store.content().ingest(digest, bytes.length)) {
            begun.accept(slab);
        } finally {
            slab.release();
        }
        return directory.resolve("ingest/blob-sha256-" + digest.hex());
    }

    @Test
    void pullsOfProcessesThatTakeTurnsLoseNothing() throws Exception {
        List<FakeImage> images = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            images.add(FakeImage.gzip(source, "image" + i, 1_000));
        }
        try (ExecutorService others = Executors.newFixedThreadPool(3)) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < 6; i++) {
                // A store of its own has a lock of its own, as another process has.
                Store own = open(DEFAULTS);
                Descriptor image = images.get(i).manifest();
                String name = "registry.example/app:" + i;
                running.add(others.submit(() -> pull(own, image, name)));
            }
            for (Future<?> each : running) {
                each.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            }
        }
        assertThat(names(store)).hasSize(6);
        assertThat(namesInIndex()).hasSize(6);
        assertThat(catalogue(store).nodes()).hasSize(6 * 5).allMatch(entry -> entry.present());
    }

    @Test
    void fileInThePlaceOfAStoreIsToldAndStays() throws IOException {
        Files.writeString(directory, "mine");

        assertThat(refused(Category.UNAVAILABLE, () -> touch(store))).hasMessageContaining("store " + directory);

        assertThat(directory).hasContent("mine");
    }
}
