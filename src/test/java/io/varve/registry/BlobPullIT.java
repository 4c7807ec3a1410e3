package io.varve.registry;

import static io.varve.registry.Setting.app;
import static io.varve.registry.Setting.await;
import static io.varve.registry.Setting.failure;
import static io.varve.registry.Setting.layer;
import static io.varve.registry.Setting.random;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.varve.bus.SlabSink;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.MediaType;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.ThreadingModel;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class BlobPullIT {
    private static final String BLOBS = "/blobs/";

    private static final Buffer PIECE = Buffer.buffer(new byte[65_536]);

    private final byte[] bytes = random(1_000_003);
    private final Descriptor blob = layer(bytes);
    private final CollectedSlabs sink = CollectedSlabs.all();
    private Setting setting;
    private FakeRegistry registry;
    private RegistryClient client;
    private Repository app;

    @BeforeEach
    void start() throws Exception {
        setting = new Setting();
        registry = FakeRegistry.http(setting.vertx);
        registry.blob(bytes);
        client = setting.client();
        app = app(registry.server().host());
    }

    @AfterEach
    void stop() throws Exception {
        setting.close();
    }

    private List<String> ranges() {
        return registry.server().asked(BLOBS).stream()
                .map(asked -> String.valueOf(asked.header("Range")))
                .toList();
    }

    private void fault(Fault... faults) {
        registry.server().script(BLOBS, faults);
    }

    private static Fault both(Fault first, Fault second) {
        return (asked, honest) -> second.reply(asked, same -> first.reply(same, honest));
    }

    private void assertWhole() throws Exception {
        await(client.blob(app, blob, 0, sink));
        assertThat(sink.bytes()).isEqualTo(bytes);
    }

    private Failure refused() throws Exception {
        return failure(client.blob(app, blob, 0, sink));
    }

    @Test
    void comesWhole() throws Exception {
        assertWhole();
        assertThat(ranges()).containsExactly("null");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 262_143, 262_144, 262_145, 1_000_002})
    void comesFromAnOffsetOn(int offset) throws Exception {
        await(client.blob(app, blob, offset, sink));

        assertThat(sink.bytes()).isEqualTo(Arrays.copyOfRange(bytes, offset, bytes.length));
        assertThat(ranges()).containsExactly("bytes=" + offset + "-");
    }

    @Test
    void nothingIsAskedWhenNothingIsMissing() throws Exception {
        await(client.blob(app, blob, bytes.length, sink));
        await(client.blob(app, layer(new byte[0]), 0, sink));

        assertThat(registry.server().asked("")).isEmpty();
        assertThat(failure(client.blob(app, blob, bytes.length + 1, sink)).category())
                .isEqualTo(Category.INVALID);
    }

    @Test
    void goesOnWhereItBrokeOff() throws Exception {
        fault(Fault.cut(600_000), Fault.cut(1), Fault.cut(300_000), Fault.hangUp());
        assertWhole();
        assertThat(ranges()).hasSize(5).startsWith("null").element(1).asString().startsWith("bytes=");
    }

    @Test
    void bytesThatCameBeginTheCountOfAttemptsAnew() throws Exception {
        Fault[] many = new Fault[20];
        Arrays.fill(many, Fault.cut(40_000));
        fault(many);
        assertWhole();
        assertThat(ranges()).hasSize(21);
    }

    @Test
    void attemptsInVainAreCounted() throws Exception {
        registry.server().always(BLOBS, Fault.hangUp());

        assertThat(refused()).hasMessageStartingWith("Unavailable: pull blob " + blob.digest() + " from " + app + ": ");
        assertThat(ranges()).hasSize(5);
    }

    @Test
    void wholeBodyDespiteRangeIsSkippedIn() throws Exception {
        fault(Fault.cut(600_000), Fault.wholeDespiteRange());
        assertWhole();
        assertThat(ranges()).hasSize(2);
    }

    @Test
    void rangeThatBeginsEarlierIsSkippedIn() throws Exception {
        fault(Fault.cut(600_000), Fault.otherRange("bytes=100-"));
        assertWhole();
        assertThat(ranges()).hasSize(2);
    }

    @Test
    void rangeThatEndsEarlierIsGoneOnWith() throws Exception {
        await(client.blob(app, blob, 1_000, sink));
        CollectedSlabs other = CollectedSlabs.all();
        fault(Fault.otherRange("bytes=1000-9999"));

        await(client.blob(app, blob, 1_000, other));
        assertThat(other.bytes()).isEqualTo(sink.bytes());
        assertThat(ranges().getLast()).isEqualTo("bytes=10000-");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "bytes 2000-1000002/1000003",
                "bytes 1000-1000002/1000004",
                "bytes 1000-9999/1000003",
                "bytes 0-1000002",
                "elephants 1000-1000002/1000003",
                ""
            })
    void rangeThatIsNotWhatWasAskedForIsDoneWithout(String contentRange) throws Exception {
        fault(Fault.header("Content-Range", contentRange));

        await(client.blob(app, blob, 1_000, sink));

        assertThat(sink.bytes()).isEqualTo(Arrays.copyOfRange(bytes, 1_000, bytes.length));
        assertThat(ranges()).containsExactly("bytes=1000-", "null");
    }

    @Test
    void rangeThatNobodyAskedForIsRefused() throws Exception {
        fault(Fault.otherRange("bytes=10-"));

        assertThat(refused()).hasMessageContainingAll("Mismatch: ", "status 206", "wanted status 200");
    }

    @Test
    void refusedRangeIsDoneWithout() throws Exception {
        fault(Fault.cut(600_000), Fault.status(416));
        assertWhole();
        assertThat(ranges()).hasSize(3).endsWith("null");
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 1, 5_000_000})
    void lengthThatIsNotTheAnnouncedOneIsRefusedAtOnce(int difference) throws Exception {
        fault(Fault.contentLength(difference));

        assertThat(refused())
                .hasMessageContainingAll(
                        "Mismatch: ",
                        "Content-Length: got " + (bytes.length + difference) + ", wanted " + bytes.length);
        assertThat(sink.bytes()).isEmpty();
    }

    @Test
    void neverAByteBeyondTheAnnouncedSize() throws Exception {
        fault(both(Fault.resized(1), Fault.chunked()));

        assertThat(refused()).hasMessageContainingAll("Mismatch: ", "size: got more than " + bytes.length);
        assertThat(sink.bytes()).isEqualTo(bytes);
    }

    @Test
    void bodiesWithoutLengthAreTaken() throws Exception {
        fault(Fault.chunked());
        assertWhole();
    }

    @Test
    void bodyThatEndsWithItsConnectionIsTaken() throws Exception {
        fault(Fault.untilClose());
        assertWhole();
    }

    @Test
    void bodyThatEndsTooSoonIsAskedForAgain() throws Exception {
        registry.server().always(BLOBS, both(Fault.resized(-1), Fault.chunked()));

        assertThat(refused()).hasMessageContainingAll("Mismatch: ", "size: got 1000002, wanted 1000003");
    }

    @Test
    void compressedBodiesAreRefused() throws Exception {
        fault(Fault.gzipEncoded());

        assertThat(refused()).hasMessageContainingAll("Invalid: ", "Content-Encoding: got gzip, wanted identity");
    }

    @Test
    void stalledBodyCountsAsCut() throws Exception {
        client = setting.network(patience(Duration.ofMillis(300))).client();
        fault(Fault.stall(500_000, Promise.<Void>promise().future()));
        assertWhole();
        assertThat(ranges()).hasSize(2);
    }

    private static NetworkOptions patience(Duration idle) {
        return new NetworkOptions(2, Duration.ofSeconds(5), idle, Duration.ofMinutes(5), Duration.ofMinutes(1), 0);
    }

    @Test
    void whoWantsNoMoreGetsNoMore() throws Exception {
        assertThat(failure(client.blob(app, blob, 0, CollectedSlabs.atMost(300_000))))
                .hasMessage("Cancelled: pull blob " + blob.digest() + " from " + app + ": enough");
        assertClosesConnections();
        assertThat(ranges()).hasSize(1);
    }

    /** Nothing comes, so that nobody hands over; still it is noticed that nobody waits. */
    @Test
    void whoWantsNoMoreNeedNotWaitForTheNextByte() throws Exception {
        fault(Fault.stall(500_000, Promise.<Void>promise().future()));
        Leaving leaving = new Leaving();
        Future<Void> pulled = client.blob(app, blob, 0, leaving);
        await(leaving.first.future());
        setting.vertx.runOnContext(ignored -> leaving.left.fail(Setting.enough()));

        assertThat(failure(pulled).category()).isEqualTo(Category.CANCELLED);
        assertClosesConnections();
    }

    private void assertClosesConnections() throws Exception {
        await(registry.server().left());
    }

    private static final class Leaving implements SlabSink {
        final Promise<Void> first = Promise.promise();
        final Promise<Void> left = Promise.promise();

        @Override
        public void hand(ByteBuf owned) {
            owned.release();
            first.tryComplete();
        }

        @Override
        public Future<Void> ready() {
            return left.future().failed() ? left.future() : Future.succeededFuture();
        }

        @Override
        public Future<Void> broken() {
            return left.future();
        }
    }

    /** An error, too: nobody else hears of it. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void sinkThatThrowsEndsIt(boolean error) throws Exception {
        SlabSink broken = new SlabSink() {
            @Override
            public void hand(ByteBuf owned) {
                owned.release();
                if (error) {
                    throw new AssertionError("broken");
                }
                throw new IllegalStateException("broken");
            }

            @Override
            public Future<Void> ready() {
                return Future.succeededFuture();
            }
        };

        assertThat(failure(client.blob(app, blob, 0, broken)))
                .hasMessageContainingAll("Internal: pull blob ", "broken");
        assertClosesConnections();
    }

    @Test
    void whoWantsNoMoreNeedNotWaitForAPauseToEnd() throws Exception {
        registry.server().always(BLOBS, Fault.tooMany("60"));
        Leaving leaving = new Leaving();
        try (RegistryClient patient = new RegistryClient(
                setting.vertx, RegistryOptions.DEFAULTS, Map.of(), tokens -> Authorizers.ANONYMOUS)) {
            Future<Void> pulled = patient.blob(app, blob, 0, leaving);
            while (registry.server().asked(BLOBS).isEmpty()) {
                await(setting.vertx.timer(10));
            }
            setting.vertx.runOnContext(ignored -> leaving.left.fail(Setting.enough()));

            assertThat(failure(pulled)).hasMessageEndingWith(": enough");
        }
    }

    /** The only connection is somebody's who does not go on. */
    @Test
    void whoWantsNoMoreNeedNotWaitForATurn() throws Exception {
        HostOptions one = new HostOptions(List.of(), null, false, null, null, null, 1, 1, false);
        client = setting.host(registry.server().host(), one).client();
        Promise<Void> opened = Promise.promise();
        Counting slow = new Counting(opened.future());
        Future<Void> first = client.blob(app, blob, 0, slow);
        while (slow.bytes == 0) {
            await(setting.vertx.timer(10));
        }
        Leaving leaving = new Leaving();
        Future<Void> second = client.blob(app, blob, 0, leaving);
        setting.vertx.runOnContext(ignored -> leaving.left.fail(Setting.enough()));

        assertThat(failure(second)).hasMessageEndingWith(": enough");
        setting.vertx.runOnContext(ignored -> opened.complete());
        await(first);
        await(client.blob(app, blob, 0, sink));
        assertThat(ranges()).hasSize(2);
    }

    @Test
    void serverStopsWhileTheSinkIsNotReady() throws Exception {
        int size = 24 << 20;
        AtomicLong sent = new AtomicLong();
        HttpServer server = await(setting.vertx
                .createHttpServer(new HttpServerOptions().setSendBufferSize(65_536))
                .requestHandler(request -> {
                    request.response().putHeader("Content-Length", Integer.toString(size));
                    send(request.response(), size, sent);
                })
                .listen(0, "127.0.0.1"));
        Promise<Void> opened = Promise.promise();
        Counting slow = new Counting(opened.future());
        Future<Void> pulled = client.blob(app("127.0.0.1:" + server.actualPort()), zeros(size), 0, slow);

        for (long before = -1; sent.get() == 0 || sent.get() != before; ) {
            before = sent.get();
            await(setting.vertx.timer(300));
        }
        assertThat(sent.get()).isLessThan(12 << 20);
        assertThat(slow.bytes).isEqualTo(262_144);

        setting.vertx.runOnContext(ignored -> opened.complete());
        await(pulled);
        assertThat(slow.bytes).isEqualTo(size);
    }

    /** Whoever ends it: a connection that stands still has read ahead, and Vert.x forgets that when it ends. */
    @ParameterizedTest
    @ValueSource(strings = {"sink", "client", "server"})
    void whatWasReadAheadIsGivenBack(String who) throws Exception {
        int size = 8 << 20;
        AtomicLong sent = new AtomicLong();
        HttpServer server = await(setting.vertx
                .createHttpServer()
                .requestHandler(request -> {
                    request.response().putHeader("Content-Length", Integer.toString(size));
                    send(request.response(), size, sent);
                })
                .listen(0, "127.0.0.1"));
        Promise<Void> opened = Promise.promise();
        Counting slow = new Counting(opened.future());
        Future<Void> pulled = client.blob(app("127.0.0.1:" + server.actualPort()), zeros(size), 0, slow);
        for (long before = -1; slow.bytes == 0 || sent.get() != before; ) {
            before = sent.get();
            await(setting.vertx.timer(100));
        }
        switch (who) {
            case "sink" -> setting.vertx.runOnContext(ignored -> opened.fail(Setting.enough()));
            case "client" -> client.close();
            default -> {
                await(server.close());
                setting.vertx.runOnContext(ignored -> opened.fail(Setting.enough()));
            }
        }
        assertThat(failure(pulled).category()).isEqualTo(Category.CANCELLED);
    }

    /** Nobody looks at the digest. */
    private static Descriptor zeros(int size) {
        return Descriptor.of(MediaType.Known.OCI_LAYER, Digest.sha256(new byte[0]), size);
    }

    /** Piece by piece, each once the connection has taken the last one, and the loop has had its turn. */
    private void send(HttpServerResponse response, int left, AtomicLong sent) {
        if (left == 0) {
            response.end();
            return;
        }
        int count = Math.min(PIECE.length(), left);
        response.write(PIECE.slice(0, count)).onSuccess(taken -> {
            sent.addAndGet(count);
            setting.vertx.runOnContext(turn -> send(response, left - count, sent));
        });
    }

    /** Takes one slab, and the others once it may. */
    private static final class Counting implements SlabSink {
        private final Future<Void> opened;
        volatile int bytes;

        Counting(Future<Void> opened) {
            this.opened = opened;
        }

        @Override
        @SuppressWarnings("NonAtomicVolatileUpdate") // one context hands over, another thread only looks
        public void hand(ByteBuf owned) {
            bytes += owned.readableBytes();
            owned.release();
        }

        @Override
        public Future<Void> ready() {
            return bytes == 0 ? Future.succeededFuture() : opened;
        }
    }

    /** The answer, the slabs and the end all come where the caller is. */
    @ParameterizedTest
    @EnumSource(ThreadingModel.class)
    void comesOnTheContextOfItsCaller(ThreadingModel model) throws Exception {
        Caller caller = new Caller();
        await(setting.vertx.deployVerticle(caller, new DeploymentOptions().setThreadingModel(model)));

        assertThat(await(caller.pulled.future())).isEqualTo(bytes);
        assertThat(caller.strangers).isZero();
    }

    private final class Caller extends VerticleBase {
        final Promise<byte[]> pulled = Promise.promise();
        int strangers;

        private void met() {
            strangers += Objects.equals(Vertx.currentContext(), context) ? 0 : 1;
        }

        @Override
        public Future<?> start() {
            CollectedSlabs slabs = CollectedSlabs.all();
            SlabSink counting = new SlabSink() {
                @Override
                public void hand(ByteBuf owned) {
                    met();
                    slabs.hand(owned);
                }

                @Override
                public Future<Void> ready() {
                    met();
                    return slabs.ready();
                }
            };
            fault(Fault.cut(600_000));
            client.resolve(app, "none", Setting.LIMIT)
                    .transform(ignored -> client.blob(app, blob, 0, counting))
                    .onComplete(done -> {
                        met();
                        pulled.handle(done.map(slabs.bytes()));
                    });
            return Future.succeededFuture();
        }
    }
}
