package io.varve.registry;

import static io.varve.registry.Setting.app;
import static io.varve.registry.Setting.await;
import static io.varve.registry.Setting.failure;
import static io.varve.registry.Setting.layer;
import static io.varve.registry.Setting.random;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.varve.benchmark.SlowLink;
import io.varve.bus.Budget;
import io.varve.bus.SlabSink;
import io.varve.bus.Slabs;
import io.varve.failure.Category;
import io.varve.oci.Descriptor;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Blobs that come over several connections at once. */
class AheadIT {
    private static final String BLOBS = "/blobs/";
    private static final int SEGMENT = Slabs.SIZE;
    private static final int SIZE = 3_000_003;
    private static final Pattern BOUNDED = Pattern.compile("bytes=\\d+-\\d+");

    private final byte[] bytes = random(SIZE);
    private final Descriptor blob = layer(bytes);
    private final Budget budget = new Budget(64 << 20);
    private final Roomy sink = new Roomy(CollectedSlabs.all());
    private Setting setting;
    private Leaping time;
    private FakeRegistry registry;
    private RegistryClient client;
    private Repository app;

    @BeforeEach
    void start() throws Exception {
        setting = new Setting();
        time = new Leaping(setting.vertx);
        registry = FakeRegistry.http(setting.vertx);
        registry.blob(bytes);
        client = setting.network(network()).client(time);
        app = app(registry.server().host());
    }

    /** With nothing left of it. */
    @AfterEach
    void stop() throws Exception {
        assertThat(budget.held()).isZero();
        client.close();
        await(registry.server().left());
        setting.close();
    }

    private static NetworkOptions network() {
        return new NetworkOptions(
                5,
                Duration.ofSeconds(5),
                Duration.ofHours(1),
                Duration.ofHours(2),
                Duration.ofMinutes(1),
                0,
                4,
                SEGMENT);
    }

    /** Time that can be made to pass. */
    private static final class Leaping implements Time {
        private final Vertx vertx;
        private volatile long leapt;

        Leaping(Vertx vertx) {
            this.vertx = vertx;
        }

        @SuppressWarnings("NonAtomicVolatileUpdate") // by one thread
        void leap(Duration duration) {
            leapt += duration.toNanos();
        }

        @Override
        public long nanos() {
            return System.nanoTime() + leapt;
        }

        @Override
        public Instant now() {
            return Instant.now();
        }

        @Override
        public Future<Void> pause(Duration duration, BooleanSupplier useless) {
            return vertx.timer(1).mapEmpty();
        }
    }

    /** A sink with memory to spare. */
    private final class Roomy implements SlabSink {
        private final CollectedSlabs slabs;

        Roomy(CollectedSlabs slabs) {
            this.slabs = slabs;
        }

        @Override
        public void hand(ByteBuf owned) {
            slabs.hand(owned);
        }

        @Override
        public Future<Void> ready() {
            return slabs.ready();
        }

        @Override
        public Optional<Budget.Reservation> spare(long count) {
            return budget.spare("host", count);
        }
    }

    private Breadth breadth() {
        return client.breadths().of(Origin.of(URI.create("http://" + app.host())));
    }

    /** As it is known after a blob that came faster the more connections brought it. */
    private void knowTheHost() {
        Breadth breadth = breadth();
        for (int i = 0; breadth.limit() < 4; i++) {
            if (i == 0) {
                breadth.begin();
            }
            while (breadth.widen()) {
                // As many as there may be.
            }
            time.leap(Breadth.INTERVAL);
            breadth.came(1_000_000L * breadth.open(), true);
        }
        while (breadth.open() > 0) {
            breadth.end();
        }
    }

    private List<String> ranges() {
        return registry.server().asked(BLOBS).stream()
                .map(asked -> String.valueOf(asked.header("Range")))
                .toList();
    }

    private void fault(Predicate<String> ranges, Fault fault) {
        registry.server()
                .always(
                        BLOBS,
                        (asked, honest) -> ranges.test(String.valueOf(asked.header("Range")))
                                ? fault.reply(asked, honest)
                                : honest.apply(asked));
    }

    /** The first that are asked for before their turn get these, one each; which comes first on the way is not known. */
    private void faultAhead(Fault... faults) {
        Queue<Fault> queue = new ConcurrentLinkedQueue<>(List.of(faults));
        fault(range -> !isFirst(range), (asked, honest) -> {
            Fault next = queue.poll();
            return (next == null ? Fault.NONE : next).reply(asked, honest);
        });
    }

    private static boolean isFirst(String range) {
        return range.equals("null") || range.startsWith("bytes=0-");
    }

    private void assertWhole() throws Exception {
        await(client.blob(app, blob, 0, sink));
        assertThat(sink.slabs.bytes()).isEqualTo(bytes);
        assertThat(breadth().open()).isZero();
    }

    @Test
    void isAskedForWithOneRequestUnlessMoreAreKnownToBeBetter() throws Exception {
        assertWhole();
        assertThat(ranges()).containsExactly("null");
    }

    @Test
    void comesInSegmentsWhereTheyAreKnownToBeBetter() throws Exception {
        knowTheHost();
        assertWhole();
        assertThat(ranges())
                .hasSizeGreaterThanOrEqualTo(SIZE / SEGMENT / 2)
                .anyMatch(range -> range.startsWith("bytes=0-"))
                .allMatch(range -> BOUNDED.matcher(range).matches() || range.endsWith("-"));
        assertThat(registry.server().mostConnections())
                .as("one that has given its last byte is free a little later")
                .isBetween(2, 5);
        assertThat(registry.server().connections())
                .as("connections are used again")
                .isLessThanOrEqualTo(5);
        assertThat(client.segments().fetched()).isPositive();
    }

    @Test
    void comesWithOneRequestWhereThereIsNoMemoryToSpare() throws Exception {
        knowTheHost();
        CollectedSlabs poor = CollectedSlabs.all();
        await(client.blob(app, blob, 0, poor));

        assertThat(poor.bytes()).isEqualTo(bytes);
        assertThat(ranges()).containsExactly("null");
    }

    @Test
    void takesNoConnectionThatOthersMayWant() throws Exception {
        client = setting.host(
                        registry.server().host(),
                        new HostOptions(List.of(), true, false, null, null, null, 2, 2, false))
                .client(time);
        assertWhole();
        assertThat(registry.server().mostConnections()).isEqualTo(1);
    }

    @Test
    void goesOnFromAnOffset() throws Exception {
        knowTheHost();
        await(client.blob(app, blob, 1_000_001, sink));

        assertThat(sink.slabs.bytes()).isEqualTo(Arrays.copyOfRange(bytes, 1_000_001, SIZE));
        assertThat(ranges()).allMatch(range -> BOUNDED.matcher(range).matches() || range.endsWith("-"));
    }

    @Test
    void serverWithoutRangesIsAskedForTheWholeFromThenOn() throws Exception {
        knowTheHost();
        fault(range -> true, Fault.wholeDespiteRange());
        assertWhole();

        assertThat(breadth().limit()).isEqualTo(1);
        int before = ranges().size();
        CollectedSlabs again = CollectedSlabs.all();
        await(client.blob(app, blob, 0, new Roomy(again)));
        assertThat(again.bytes()).isEqualTo(bytes);
        assertThat(ranges()).hasSize(before + 1).last().isEqualTo("null");
    }

    @Test
    void serverThatIgnoresRangesOfTheOthersGivesOneAll() throws Exception {
        knowTheHost();
        fault(range -> !isFirst(range), Fault.wholeDespiteRange());
        assertWhole();
    }

    @Test
    void otherRangesThanThoseAskedForAreNotTaken() throws Exception {
        knowTheHost();
        fault(range -> !isFirst(range) && BOUNDED.matcher(range).matches(), Fault.otherRange("bytes=5-300"));
        assertWhole();
        assertThat(client.segments().fetched()).isZero();
    }

    @Test
    void rangesThatAreRefusedAreDoneWithout() throws Exception {
        knowTheHost();
        fault(range -> !range.equals("null"), Fault.status(416));
        assertWhole();
        assertThat(ranges()).last().isEqualTo("null");
    }

    @Test
    void whatIsCutInTheMiddleIsAskedForAgain() throws Exception {
        knowTheHost();
        faultAhead(Fault.cut(100_000), Fault.cut(0), Fault.hangUp(), Fault.NONE, Fault.cut(200_000), Fault.cut(1));
        assertWhole();
        assertThat(client.segments().failed()).isPositive();
        assertThat(breadth().limit()).isLessThan(4);
    }

    @Test
    void hostThatWantsToBeLeftAloneIsAskedForLessAtOnce() throws Exception {
        knowTheHost();
        faultAhead(Fault.tooMany("1"), Fault.status(503));
        assertWhole();
        assertThat(breadth().limit()).isLessThan(4);
    }

    @Test
    void othersThatAreRefusedDoNotMakeItFail() throws Exception {
        knowTheHost();
        faultAhead(Fault.status(403), Fault.status(404), Fault.status(401));
        assertWhole();
    }

    @Test
    void whatHasAnotherTagIsNotMixedIn() throws Exception {
        knowTheHost();
        Fault other = Fault.wrongByte(7).and(Fault.header("ETag", "\"two\""));
        registry.server().always(BLOBS, new Fault() {
            private int others;

            @Override
            public FakeReply reply(Asked asked, Function<Asked, FakeReply> honest) {
                boolean isOther = !isFirst(String.valueOf(asked.header("Range"))) && others++ < 3;
                return (isOther ? other : Fault.header("ETag", "\"one\"")).reply(asked, honest);
            }
        });
        assertWhole();
    }

    @Test
    void eachSegmentIsSentOnToWhereItIs() throws Exception {
        try (FakeRegistry far = FakeRegistry.http(setting.vertx)) {
            far.blob(bytes);
            registry.server().always(BLOBS, Fault.redirectTo(far.server()));
            knowTheHost();
            assertWhole();
            assertThat(far.server().asked(BLOBS)).hasSizeGreaterThan(3);
            assertThat(far.server().mostConnections()).isGreaterThan(1);
            client.close();
            await(far.server().left());
        }
    }

    @Test
    void segmentThatHoldsUpTheOthersIsAskedForAnew() throws Exception {
        knowTheHost();
        Promise<Void> never = Promise.promise();
        faultAhead(Fault.stall(1000, never.future()));
        Future<Void> pulled = client.blob(app, blob, 0, sink);
        while (client.segments().abandoned() == 0) {
            await(setting.vertx.timer(20));
            time.leap(Duration.ofMillis(200));
        }
        await(pulled);

        assertThat(sink.slabs.bytes()).isEqualTo(bytes);
        assertThat(client.segments().abandoned()).isEqualTo(1);
    }

    @Test
    void whoWantsNoMoreLeavesNothingBehind() throws Exception {
        knowTheHost();
        assertThat(failure(client.blob(app, blob, 0, new Roomy(CollectedSlabs.atMost(700_000))))
                        .category())
                .isEqualTo(Category.CANCELLED);
        assertThat(breadth().open()).isZero();
    }

    /** Each connection of the line gives so much and no more. */
    @Test
    void slowConnectionGetsOthersBesideIt() throws Exception {
        byte[] large = random(8_000_000);
        registry.blob(large);
        CollectedSlabs slabs = CollectedSlabs.all();
        try (SlowLink link = SlowLink.open(
                setting.vertx,
                new SlowLink.Line(0, 4_000_000),
                "127.0.0.1",
                URI.create(registry.server().url()).getPort())) {
            app = app("127.0.0.1:" + link.port());
            await(client.blob(app, layer(large), 0, new Roomy(slabs)));
            client.close();
            await(registry.server().left());
        }

        assertThat(slabs.bytes()).isEqualTo(large);
        assertThat(ranges()).first().isEqualTo("null");
        assertThat(client.segments().fetched()).isPositive();
    }
}
