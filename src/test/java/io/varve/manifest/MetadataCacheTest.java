package io.varve.manifest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.image.Plans;
import io.varve.layerfs.Layer;
import io.varve.layerfs.Stack;
import io.varve.layerfs.TreeBuilder;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.varve.oci.ImageConfig;
import io.varve.oci.Json;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.oci.Platform;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class MetadataCacheTest {
    private static final long LIMIT = 4 << 20;
    private static final byte[] CONFIG =
            ImageConfig.of(Platform.parse("linux/s390x"), List.of()).bytes();
    private static final byte[] MANIFEST = Manifest.of(descriptor(MediaType.Known.OCI_CONFIG, CONFIG), List.of())
            .bytes();
    private static final Descriptor IMAGE = descriptor(MediaType.Known.OCI_MANIFEST, MANIFEST);

    private final MetadataCache cache = new MetadataCache(1 << 20);
    private final AtomicInteger reads = new AtomicInteger();
    private final Documents source = source(MANIFEST);

    private static Descriptor descriptor(MediaType mediaType, byte[] bytes) {
        return Descriptor.of(mediaType, Digest.sha256(bytes), bytes.length);
    }

    /** Gives these bytes to everybody, and verifies nothing but the limit. */
    private Documents source(byte[] bytes) {
        return (descriptor, limit) -> {
            reads.incrementAndGet();
            if (descriptor.size() > limit) {
                throw Failure.exceeded("bytes", descriptor.size(), limit, "limits.manifestBytes");
            }
            return bytes;
        };
    }

    private static void assertFails(ThrowingCallable call, Category category, String... parts) {
        assertThatThrownBy(call).isInstanceOfSatisfying(Failure.class, failure -> {
            assertThat(failure.category()).isEqualTo(category);
            assertThat(failure.getMessage()).contains(parts);
        });
    }

    @Test
    void readsAndParsesOnce() {
        Document first = cache.document(IMAGE, source, LIMIT);
        assertThat(first.bytes()).isEqualTo(MANIFEST);
        assertThat(cache.document(descriptor(MediaType.Known.OCI_MANIFEST, MANIFEST), source, MANIFEST.length))
                .isSameAs(first);
        assertThat(reads).hasValue(1);
        Descriptor config = descriptor(MediaType.Known.OCI_CONFIG, CONFIG);
        ImageConfig parsed = cache.config(config, source(CONFIG), LIMIT);
        assertThat(cache.config(config, source, LIMIT)).isSameAs(parsed);
        assertThat(reads).hasValue(2);
    }

    @Test
    void keepsNothingWhenItIsOff() {
        MetadataCache off = MetadataCache.off();
        Document first = off.document(IMAGE, source, LIMIT);
        assertThat(off.document(IMAGE, source, LIMIT)).isNotSameAs(first);
        off.invalidate(IMAGE.digest());
        assertThat(reads).hasValue(2);
        assertThat(off.statistics(MetadataCache.Kind.DOCUMENT)).isEqualTo(new MetadataCache.Statistics(0, 0, 0));
        assertThat(bytes(off)).isZero();
    }

    @Test
    void refusesWhatAFreshReadingWouldRefuse() {
        cache.document(IMAGE, source, LIMIT);
        // A limit below the document.
        assertFails(() -> cache.document(IMAGE, source, MANIFEST.length - 1), Category.EXCEEDED, "at most");
        // Another size: a source that verifies refuses it, and it is asked.
        Descriptor shorter = Descriptor.of(MediaType.Known.OCI_MANIFEST, IMAGE.digest(), MANIFEST.length - 1);
        Documents strict = (descriptor, limit) -> {
            throw Failure.mismatch("size", MANIFEST.length, descriptor.size());
        };
        assertFails(() -> cache.document(shorter, strict, LIMIT), Category.MISMATCH, "size");
        // Another media type than the document's own.
        Descriptor docker = Descriptor.of(MediaType.Known.DOCKER_MANIFEST, IMAGE.digest(), MANIFEST.length);
        assertFails(() -> cache.document(docker, source, LIMIT), Category.MISMATCH, "mediaType");
        // A manifest is no configuration, however well it is known.
        assertFails(() -> cache.config(IMAGE, source, LIMIT), Category.INVALID, "os: got nothing");
        assertThat(cache.document(IMAGE, strict, LIMIT).bytes()).isEqualTo(MANIFEST);
    }

    @Test
    void tellsApartWhatTheSameBytesWereParsedAs() {
        ObjectNode json = Json.read(MANIFEST, LIMIT);
        json.remove("mediaType");
        byte[] silent = Json.write(json);
        Descriptor oci = descriptor(MediaType.Known.OCI_MANIFEST, silent);
        Descriptor docker = descriptor(MediaType.Known.DOCKER_MANIFEST, silent);
        assertThat(cache.document(oci, source(silent), LIMIT).mediaType()).isEqualTo(MediaType.Known.OCI_MANIFEST);
        assertThat(cache.document(docker, source(silent), LIMIT).mediaType())
                .isEqualTo(MediaType.Known.DOCKER_MANIFEST);
        assertThat(cache.document(oci, source(silent), LIMIT).mediaType()).isEqualTo(MediaType.Known.OCI_MANIFEST);
    }

    @Test
    void takesInOnlyWhatItsDigestSays() {
        byte[] same = MANIFEST.clone();
        same[same.length - 1] = ' ';
        assertFails(() -> cache.document(IMAGE, source(same), LIMIT), Category.MISMATCH, "wanted " + IMAGE.digest());
        assertFails(() -> cache.document(IMAGE, source(new byte[3]), LIMIT), Category.MISMATCH, "size: got 3");
        assertThat(cache.document(IMAGE, source, LIMIT).bytes()).isEqualTo(MANIFEST);
    }

    @Test
    void keepsNoFailure() {
        Documents absent = (descriptor, limit) -> {
            throw Failure.notFound("blob");
        };
        assertFails(() -> cache.document(IMAGE, absent, LIMIT), Category.NOT_FOUND, "blob");
        Descriptor broken = descriptor(MediaType.Known.OCI_MANIFEST, "{".getBytes(UTF_8));
        assertFails(() -> cache.document(broken, source("{".getBytes(UTF_8)), LIMIT), Category.INVALID, "JSON");
        assertFails(() -> cache.document(broken, source("{".getBytes(UTF_8)), LIMIT), Category.INVALID, "JSON");
        assertThat(reads).hasValue(2);
        assertThat(cache.document(IMAGE, source, LIMIT).bytes()).isEqualTo(MANIFEST);
        assertThat(bytes(cache)).isEqualTo(Weight.of(MANIFEST));
    }

    @Test
    void survivesASourceThatThrowsAnything() {
        Documents broken = (descriptor, limit) -> {
            throw new StackOverflowError();
        };
        assertThatThrownBy(() -> cache.document(IMAGE, broken, LIMIT)).isInstanceOf(StackOverflowError.class);
        assertThat(cache.document(IMAGE, source, LIMIT).bytes()).isEqualTo(MANIFEST);
    }

    @Test
    void forgetsWhatWasCollected() {
        cache.document(IMAGE, source, LIMIT);
        cache.invalidate(IMAGE.digest());
        assertThat(bytes(cache)).isZero();
        cache.document(IMAGE, source, LIMIT);
        assertThat(reads).hasValue(2);
    }

    @Test
    void doesNotKeepWhatWasForgottenWhileItWasRead() {
        cache.document(
                IMAGE,
                (descriptor, limit) -> {
                    cache.invalidate(IMAGE.digest());
                    return MANIFEST;
                },
                LIMIT);
        cache.document(IMAGE, source, LIMIT);
        assertThat(reads).hasValue(1);
    }

    @Test
    void holdsNoMoreThanItMay() {
        long bytes = 10L * Weight.of(MANIFEST);
        MetadataCache small = new MetadataCache(bytes);
        for (int i = 0; i < 100; i++) {
            byte[] config = ImageConfig.of(Platform.parse("linux/s390x"), List.of(Digest.sha256(new byte[i])))
                    .bytes();
            small.config(descriptor(MediaType.Known.OCI_CONFIG, config), source(config), LIMIT);
        }
        assertThat(bytes(small)).isBetween(1L, bytes);
        assertThat(small.statistics(MetadataCache.Kind.CONFIG).evictions()).isPositive();
        MetadataCache tiny = new MetadataCache(Weight.of(MANIFEST) - 1L);
        assertThat(tiny.document(IMAGE, source, LIMIT).bytes()).isEqualTo(MANIFEST);
        assertThat(bytes(tiny)).isZero();
    }

    @Test
    void weighsMoreThanTheBytesAndMoreForMoreNodes() {
        assertThat(Weight.of(new byte[0])).isPositive();
        assertThat(Weight.of("[{},{}]".getBytes(UTF_8))).isGreaterThan(Weight.of("[      ]".getBytes(UTF_8)));
        byte[] most = new byte[16 << 20];
        Arrays.fill(most, (byte) '{');
        assertThat(Weight.of(most)).isEqualTo(Integer.MAX_VALUE);
    }

    @Test
    void countsHitsAndMisses() {
        cache.document(IMAGE, source, LIMIT);
        cache.document(IMAGE, source, LIMIT);
        cache.document(IMAGE, source, LIMIT);
        assertThat(cache.statistics(MetadataCache.Kind.DOCUMENT)).isEqualTo(new MetadataCache.Statistics(2, 1, 0));
        assertThat(cache.statistics(MetadataCache.Kind.CONFIG)).isEqualTo(new MetadataCache.Statistics(0, 0, 0));
        assertThat(bytes(cache)).isEqualTo(Weight.of(MANIFEST));
    }

    @Test
    void readsOnceForAllWhoAskAtTheSameTime() throws Exception {
        CountDownLatch reading = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        Documents slow = (descriptor, limit) -> {
            reads.incrementAndGet();
            reading.countDown();
            await(goOn);
            return MANIFEST;
        };
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Document> first = threads.submit(() -> cache.document(IMAGE, slow, LIMIT));
            reading.await();
            List<Future<Document>> others = new ArrayList<>();
            for (int i = 0; i < 10; i++) {
                others.add(threads.submit(() -> cache.document(IMAGE, slow, LIMIT)));
            }
            // Another digest is not held up.
            cache.config(descriptor(MediaType.Known.OCI_CONFIG, CONFIG), source(CONFIG), LIMIT);
            goOn.countDown();
            for (Future<Document> other : others) {
                assertThat(other.get()).isSameAs(first.get());
            }
        }
        assertThat(reads).hasValue(2);
    }

    @Test
    void asksForItselfWhenTheOneItWaitedForFails() throws Exception {
        CountDownLatch reading = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        Documents failing = (descriptor, limit) -> {
            reading.countDown();
            await(goOn);
            throw Failure.of(Category.UNAVAILABLE, "gone");
        };
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Document> first = threads.submit(() -> cache.document(IMAGE, failing, LIMIT));
            reading.await();
            Thread second = Thread.ofPlatform().unstarted(() -> cache.document(IMAGE, source, LIMIT));
            second.start();
            while (second.getState() != Thread.State.WAITING) {
                Thread.onSpinWait();
            }
            assertThat(reads).hasValue(0);
            goOn.countDown();
            second.join();
            assertThat(reads).hasValue(1);
            assertThatThrownBy(first::get).hasRootCauseMessage("Unavailable: gone");
        }
        assertThat(cache.document(IMAGE, source, LIMIT).bytes()).isEqualTo(MANIFEST);
        assertThat(reads).hasValue(1);
    }

    @Test
    void stopsWaitingWhenItIsInterrupted() throws Exception {
        CountDownLatch reading = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        Documents slow = (descriptor, limit) -> {
            reading.countDown();
            await(goOn);
            return MANIFEST;
        };
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<Document> first = threads.submit(() -> cache.document(IMAGE, slow, LIMIT));
            reading.await();
            Thread.currentThread().interrupt();
            assertFails(() -> cache.document(IMAGE, source, LIMIT), Category.CANCELLED, "interrupted");
            assertThat(Thread.interrupted()).isTrue();
            goOn.countDown();
            assertThat(first.get().bytes()).isEqualTo(MANIFEST);
        }
    }

    @Test
    void handsOutNothingThatCanBeChanged() {
        Document document = cache.document(IMAGE, source, LIMIT);
        document.toJson().removeAll();
        assertThat(cache.document(IMAGE, source, LIMIT).toJson()).isEqualTo(Json.read(MANIFEST, LIMIT));
        assertThatThrownBy(() -> document.annotations().put("a", "b"))
                .isInstanceOf(UnsupportedOperationException.class);
        Manifest manifest = (Manifest) document;
        assertThatThrownBy(() -> manifest.layers().add(IMAGE)).isInstanceOf(UnsupportedOperationException.class);
        manifest.config().toJson().removeAll();
        assertThat(manifest.config()).isEqualTo(descriptor(MediaType.Known.OCI_CONFIG, CONFIG));
    }

    @Test
    void makesWhatAStackShowsOnce() {
        ImagePlan plan = plan("a", "b");
        AtomicInteger made = new AtomicInteger();
        assertThat(cache.stack(plan)).isEmpty();
        Stack first = cache.stack(plan, () -> stack(plan, made));
        assertThat(cache.stack(plan("a", "b"), () -> stack(plan, made))).isSameAs(first);
        assertThat(cache.stack(plan("a", "b"))).containsSame(first);
        assertThat(cache.stack(plan("b", "a"))).isEmpty();
        assertThat(made).hasValue(1);
        assertThat(cache.statistics(MetadataCache.Kind.TREE)).isEqualTo(new MetadataCache.Statistics(2, 1, 0));
        assertThat(cache.bytes(MetadataCache.Kind.TREE)).isEqualTo(Weight.of(first));
        assertThat(cache.bytes(MetadataCache.Kind.DOCUMENT)).isZero();
    }

    @Test
    void keepsNoStackWhenItIsOff() {
        AtomicInteger made = new AtomicInteger();
        MetadataCache off = MetadataCache.off();
        off.stack(plan("a"), () -> stack(plan("a"), made));
        off.stack(plan("a"), () -> stack(plan("a"), made));
        assertThat(off.stack(plan("a"))).isEmpty();
        assertThat(made).hasValue(2);
    }

    @Test
    void forgetsEveryStackOfALayerThatWasRemoved() {
        AtomicInteger made = new AtomicInteger();
        List<ImagePlan> plans = List.of(plan("base", "a"), plan("base", "b"), plan("other"));
        plans.forEach(plan -> cache.stack(plan, () -> stack(plan, made)));
        cache.invalidateStacks(List.of(digest("base")));
        assertThat(plans.stream().filter(plan -> cache.stack(plan).isPresent())).containsExactly(plans.get(2));
        cache.invalidateStacks(List.of(plan("other").chainId().digest()));
        assertThat(cache.stack(plan("other"))).isEmpty();
        assertThat(bytes(cache)).isZero();
    }

    @Test
    void doesNotKeepAStackThatLostALayerWhileItWasRead() {
        AtomicInteger made = new AtomicInteger();
        ImagePlan plan = plan("base", "a");
        cache.stack(plan, () -> {
            cache.invalidateStacks(List.of(digest("base")));
            return stack(plan, made);
        });
        assertThat(cache.stack(plan)).isEmpty();
    }

    @Test
    void documentsAndStacksShareTheRoom() {
        AtomicInteger made = new AtomicInteger();
        MetadataCache small = new MetadataCache(Weight.of(MANIFEST) + Weight.of(stack(plan("a"), made)) - 1L);
        small.document(IMAGE, source, LIMIT);
        small.stack(plan("a"), () -> stack(plan("a"), made));
        assertThat(small.statistics(MetadataCache.Kind.DOCUMENT).evictions()
                        + small.statistics(MetadataCache.Kind.TREE).evictions())
                .isEqualTo(1);
    }

    private static Digest digest(String what) {
        return Digest.sha256(what.getBytes(UTF_8));
    }

    private static ImagePlan plan(String... diffIds) {
        return Plans.of(Arrays.stream(diffIds)
                .map(each -> new LayerPlan(
                        Descriptor.of(MediaType.Known.OCI_LAYER, digest(each), each.length()), digest(each)))
                .toArray(LayerPlan[]::new));
    }

    private static Stack stack(ImagePlan plan, AtomicInteger made) {
        made.incrementAndGet();
        Path nowhere = Path.of("/nowhere");
        return new Stack(
                plan.layers().stream()
                        .map(layer -> new Layer(layer.diffId(), nowhere, 0, nowhere))
                        .toList(),
                new TreeBuilder(1, 1 << 20).build());
    }

    /** Of all kinds together. */
    private static long bytes(MetadataCache cache) {
        return Arrays.stream(MetadataCache.Kind.values())
                .mapToLong(cache::bytes)
                .sum();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
