package io.varve.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.bus.Slabs;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.MediaType;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies and statuses that a registry should not give: each ends in what was asked for, or in one failure that says why. */
class RegistryFaultsIT extends FaultyWorld {
    private static final String MANIFEST = "manifest 1";
    private static final int MORE_THAN_SOCKETS_HOLD = 16 << 20;
    private static final int MORE_THAN_ALLOWED = (int) LIMIT + 1;

    private final String blob = "blob " + layer.digest();

    private byte[] large(int size) {
        byte[] bytes = new byte[size];
        new Random(3).nextBytes(bytes);
        fake.blob(bytes);
        return bytes;
    }

    private static Descriptor describe(byte[] bytes) {
        return Descriptor.of(MediaType.Known.OCI_LAYER, Digest.sha256(bytes), bytes.length);
    }

    // Silence.

    @Test
    void serverThatFallsSilentIsAskedAgain() throws TimeoutException {
        client(IMPATIENT);
        Promise<Void> never = Promise.promise();
        fake.server().script("/manifests/", Fault.stall(0, never.future()), Fault.stall(10, never.future()));
        assertResolves();
        fake.server().script("/blobs/", Fault.stall(0, never.future()), Fault.stall(30, never.future()));
        assertPullsLayer();
        assertThat(fake.server().asked("/blobs/").getLast().header("Range")).isEqualTo("bytes=30-");
    }

    @Test
    void serverThatIsSilentForeverIsLeft() throws TimeoutException {
        client(IMPATIENT);
        fake.server().always("", Fault.stall(0, Future.future(never -> {})));
        assertThat(failure(this::resolve))
                .hasMessageStartingWith(about(Category.UNAVAILABLE, MANIFEST) + "no byte for ");
        assertThat(asked("/manifests/")).isEqualTo(ATTEMPTS);
        await(fake.server().left());
        assertThat(failure(() -> blob(layer)))
                .hasMessageStartingWith(about(Category.UNAVAILABLE, blob) + "no byte for ");
        await(fake.server().left());
    }

    @Test
    void serverThatNeverAnswersIsLeft() throws TimeoutException {
        client(IMPATIENT);
        fake.server().always("", Fault.silence());
        assertFails(Category.UNAVAILABLE, about(Category.UNAVAILABLE, MANIFEST) + "no answer for 0.1 s", this::resolve);
        await(fake.server().left());
    }

    @Test
    void bodyThatComesByteByByteArrives() throws TimeoutException {
        fake.server().always("", Fault.drip());
        assertResolves();
        assertPullsLayer();
        assertThat(asked("")).isEqualTo(2);
    }

    @Test
    void serverThatIsTooSlowForTooLongIsLeft() throws TimeoutException {
        client(new NetworkOptions(
                ATTEMPTS,
                Duration.ofSeconds(20),
                Duration.ofHours(10),
                Duration.ofMinutes(2),
                Duration.ofMinutes(1),
                1024));
        time.hurry(100);
        Descriptor large = describe(large(100_000));
        fake.server().always("/blobs/", Fault.drip());
        assertThat(failure(() -> blob(large)).getMessage())
                .contains(" bytes a second, wanted 1024 or more (network.leastRate)");
        await(fake.server().left());
    }

    // Lengths.

    @ParameterizedTest
    @ValueSource(ints = {-1, 1, 1_000_000_000})
    void wrongLengthOfBlobIsSeenAtOnce(int difference) {
        fake.server().always("/blobs/", Fault.contentLength(difference));
        assertFails(
                Category.MISMATCH,
                about(Category.MISMATCH, blob) + "Content-Length: got " + (layer.size() + difference) + ", wanted "
                        + layer.size(),
                () -> blob(layer));
        assertThat(asked("/blobs/")).isEqualTo(1);
    }

    @Test
    void documentShorterThanAnnouncedIsAskedForAgain() throws TimeoutException {
        fake.server().script("/manifests/", Fault.contentLength(1));
        assertResolves();
        fake.server().always("/manifests/", Fault.contentLength(1));
        assertThat(failure(this::resolve)).hasMessageStartingWith(about(Category.UNAVAILABLE, MANIFEST));
        assertThat(asked("/manifests/")).isEqualTo(2 + ATTEMPTS);
    }

    @Test
    void documentLongerThanAnnouncedHasAnotherDigest() {
        fake.server().always("/manifests/", Fault.contentLength(-1));
        assertThat(failure(this::resolve))
                .hasMessageStartingWith(about(Category.MISMATCH, MANIFEST) + "digest of "
                        + (image.manifest().size() - 1) + " bytes: got ");
    }

    @Test
    void blobWithoutLengthIsNotReadBeyondItsSize() throws TimeoutException {
        fake.server().always("/blobs/", Fault.resized(MORE_THAN_ALLOWED).and(Fault.chunked()));
        assertFails(
                Category.MISMATCH,
                about(Category.MISMATCH, blob) + "size: got more than " + layer.size() + ", wanted " + layer.size(),
                () -> blob(layer));
        await(fake.server().left());
    }

    @Test
    void blobWithoutLengthThatEndsEarlyIsGoneOnWith() throws TimeoutException {
        fake.server().script("/blobs/", Fault.resized(-10).and(Fault.chunked()));
        assertPullsLayer();
        assertThat(fake.server().asked("/blobs/").getLast().header("Range"))
                .isEqualTo("bytes=" + (layer.size() - 10) + "-");
    }

    @Test
    void documentIsNotReadBeyondTheLimit() throws TimeoutException {
        fake.server().always("/manifests/", Fault.resized(MORE_THAN_ALLOWED));
        assertFails(
                Category.EXCEEDED,
                about(Category.EXCEEDED, MANIFEST) + "bytes of the answer: got "
                        + (image.manifest().size() + MORE_THAN_ALLOWED) + ", at most " + LIMIT
                        + " (limits.manifestBytes)",
                this::resolve);
        fake.server().reset();
        fake.server().always("/manifests/", Fault.resized(MORE_THAN_ALLOWED).and(Fault.chunked()));
        assertThat(failure(this::resolve).getMessage())
                .startsWith(about(Category.EXCEEDED, MANIFEST))
                .endsWith(", at most " + LIMIT + " (limits.manifestBytes)");
        await(fake.server().left());
    }

    // Bytes.

    @Test
    void documentWithWrongByteHasAnotherDigest() {
        fake.server().always("", Fault.wrongByte(20));
        String digest = image.manifest().digest().toString();
        assertThat(failure(this::resolve).getMessage())
                .startsWith(about(Category.MISMATCH, MANIFEST) + "digest of ")
                .endsWith(", wanted " + digest + ", as announced");
        assertThat(failure(() -> ask(() -> client.resolve(repository(), digest, LIMIT)))
                        .getMessage())
                .startsWith(about(Category.MISMATCH, "manifest " + digest) + "digest of ")
                .endsWith(", wanted " + digest);
        assertThat(failure(() -> document(image.config())).getMessage())
                .startsWith(about(Category.MISMATCH, "blob " + image.config().digest()) + "digest of ")
                .endsWith(", wanted " + image.config().digest());
    }

    @Test
    void compressedAnswerIsRefused() {
        fake.server().always("", Fault.gzipEncoded());
        String wrong = "Content-Encoding: got gzip, wanted identity";
        assertFails(Category.INVALID, about(Category.INVALID, MANIFEST) + wrong, this::resolve);
        assertFails(Category.INVALID, about(Category.INVALID, blob) + wrong, () -> blob(layer));
        assertThat(fake.server().asked("").getFirst().header("Accept-Encoding")).isEqualTo("identity");
    }

    @Test
    void mediaTypeHasToBeTheSameInHeaderAndBody() {
        fake.server().always("", Fault.header("Content-Type", MediaType.Known.OCI_INDEX.toString()));
        assertThat(failure(this::resolve)).hasMessageStartingWith("Mismatch: ");
    }

    // Ranges.

    @ParameterizedTest
    @CsvSource({"bytes=0-", "bytes=5-", "bytes=0-15"})
    void rangeThatBeginsEarlierServesAsWell(String range) throws TimeoutException {
        fake.server().script("/blobs/", Fault.cut(10), Fault.otherRange(range));
        assertPullsLayer();
        assertThat(asked("/blobs/")).isLessThanOrEqualTo(3);
    }

    @Test
    void wholeBlobInsteadOfRangeServesAsWell() throws TimeoutException {
        fake.server().script("/blobs/", Fault.cut(10), Fault.wholeDespiteRange());
        assertPullsLayer();
        assertThat(asked("/blobs/")).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({"bytes=11-", "bytes=40-", "bytes=0-4"})
    void blobIsAskedForWholeWhenAnotherRangeComes(String range) throws TimeoutException {
        fake.server().script("/blobs/", Fault.cut(10), Fault.otherRange(range));
        assertPullsLayer();
        assertThat(fake.server().asked("/blobs/").stream().map(asked -> asked.header("Range")))
                .containsExactly(null, "bytes=10-", null);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "bytes",
                "bytes 10-",
                "bytes 20-10/200",
                "bytes 10-20/100000",
                "items 10-20/200",
                "bytes */200"
            })
    void blobIsAskedForWholeWhenTheRangeIsNoneOfIt(String contentRange) throws TimeoutException {
        fake.server().script("/blobs/", Fault.cut(10), Fault.header("Content-Range", contentRange));
        assertPullsLayer();
        assertThat(fake.server().asked("/blobs/").getLast().header("Range")).isNull();
    }

    @Test
    void blobIsAskedForWholeWhenNoRangeCanBeHad() throws TimeoutException {
        fake.server().script("/blobs/", Fault.cut(10), Fault.status(416), Fault.cut(20));
        assertPullsLayer();
        assertThat(fake.server().asked("/blobs/").stream().map(asked -> asked.header("Range")))
                .containsExactly(null, "bytes=10-", null, null);
    }

    @Test
    void rangeThatNobodyAskedForIsRefused() {
        fake.server().always("/blobs/", Fault.otherRange("bytes=0-"));
        assertThat(failure(() -> blob(layer)))
                .hasMessageStartingWith(
                        about(Category.MISMATCH, blob) + "answer to a request for the whole: got status 206");
    }

    // The receiver.

    @Test
    void serverIsHeldBackWhileNothingIsTaken() throws TimeoutException {
        byte[] bytes = large(MORE_THAN_SOCKETS_HOLD);
        Descriptor large = describe(bytes);
        Promise<Void> opened = Promise.promise();
        CollectedSlabs sink = CollectedSlabs.oneAndThen(opened, bytes.length);
        Future<Void> pulled = Future.future(done -> vertx.runOnContext(
                on -> client.blob(repository(), large, 0, sink).onComplete(done)));
        // Another question is answered meanwhile, many times over what it would take to send all of the blob.
        for (int i = 0; i < 50; i++) {
            assertResolves();
        }
        assertThat(fake.server().asked("/blobs/").getFirst().sent()).isLessThan(bytes.length);
        vertx.runOnContext(on -> opened.complete());
        await(pulled);
        assertThat(sink.bytes()).isEqualTo(bytes);
    }

    @Test
    void goesOnAfterACutWhileNothingIsTaken() throws TimeoutException {
        byte[] bytes = large(3 * Slabs.SIZE);
        Descriptor large = describe(bytes);
        fake.server().script("/blobs/", Fault.cut(Slabs.SIZE + 1));
        Promise<Void> opened = Promise.promise();
        CollectedSlabs sink = CollectedSlabs.oneAndThen(opened, bytes.length);
        Future<Void> pulled = Future.future(done -> vertx.runOnContext(
                on -> client.blob(repository(), large, 0, sink).onComplete(done)));
        // Long enough for the cut to be noticed.
        for (int i = 0; i < 50; i++) {
            assertResolves();
        }
        vertx.runOnContext(on -> opened.complete());
        await(pulled);
        assertThat(sink.bytes()).isEqualTo(bytes);
        assertThat(asked("/blobs/")).isEqualTo(2);
    }

    @Test
    void connectionEndsWhenTheReceiverWantsNoMore() throws TimeoutException {
        Descriptor large = describe(large(MORE_THAN_SOCKETS_HOLD));
        CollectedSlabs sink = CollectedSlabs.atMost(1);
        assertFails(
                Category.CANCELLED,
                about(Category.CANCELLED, "blob " + large.digest()) + "enough",
                () -> ask(() -> client.blob(repository(), large, 0, sink)));
        await(fake.server().left());
        assertThat(asked("/blobs/")).isEqualTo(1);
    }

    @Test
    void whatIsAskedWhenTheClientEndsIsCancelled() throws TimeoutException {
        fake.server().always("", Fault.stall(10, Future.future(never -> {})));
        CollectedSlabs sink = CollectedSlabs.all();
        Future<Void> pulled = Future.future(done -> vertx.runOnContext(
                on -> client.blob(repository(), layer, 0, sink).onComplete(done)));
        Promise<Void> asked = Promise.promise();
        vertx.setPeriodic(1, timer -> {
            if (asked("/blobs/") == 1 && asked.tryComplete()) {
                vertx.cancelTimer(timer);
            }
        });
        await(asked.future());
        client.close();
        assertThat(failure(() -> await(pulled)))
                .hasMessage(about(Category.CANCELLED, blob) + "the registry client was closed");
        await(fake.server().left());
    }

    @Test
    void whatWaitsToBeAskedAgainWhenTheClientEndsIsCancelled() throws TimeoutException {
        fake.server().always("", Fault.status(503));
        Future<Void> pausing = time.stop();
        Future<RemoteDocument> resolved = Future.future(done -> vertx.runOnContext(
                on -> client.resolve(repository(), "1", LIMIT).onComplete(done)));
        await(pausing);
        client.close();
        assertThat(failure(() -> await(resolved)))
                .hasMessage(about(Category.CANCELLED, MANIFEST) + "the registry client was closed");
    }

    @Test
    void noMoreConnectionsThanAllowedAreOpenAtOnce() throws TimeoutException {
        int most = HostOptions.DEFAULTS.connections();
        Future<?>[] all = new Future<?>[4 * most];
        Arrays.setAll(
                all,
                each -> Future.future(
                        done -> vertx.runOnContext(on -> client.blob(repository(), layer, 0, CollectedSlabs.all())
                                .onComplete(ended -> done.complete()))));
        await(Future.join(Arrays.asList(all)));
        assertThat(fake.server().mostConnections()).isBetween(2, most);
        assertThat(asked("/blobs/")).isEqualTo(all.length);
    }

    // What is said stays where it belongs.

    @Test
    void failureNeverShowsWhatTheServerSaysOfOurSecret() {
        String secret = "s3cret-token";
        client(NETWORK, tokens -> Authorizers.onChallenge("Bearer " + secret));
        fake.server()
                .always(
                        "",
                        (asked, honest) -> asked.header("Authorization") == null
                                ? FakeRegistry.unauthorized(
                                        "Bearer realm=\"" + fake.server().url() + "\"")
                                : FakeReply.error(403, "DENIED", "not with " + asked.header("Authorization")));
        Failure failure = failure(this::resolve);
        assertThat(failure)
                .hasMessage(about(Category.UNAUTHORIZED, MANIFEST) + "status 403: DENIED: not with Bearer ***");
    }

    @ParameterizedTest
    @MethodSource("credentials")
    void failureNeverShowsWhatATokenServerSaysOfOurSecret(Credential ours) throws Exception {
        try (FakeServer realm = FakeServer.http(
                vertx,
                asked -> FakeReply.of(
                        503, "{\"details\": \"not " + asked.header("Authorization") + " s3cret-token\"}"))) {
            client(
                    NETWORK,
                    tokens ->
                            new Tokens(vertx, (host, repository) -> Optional.of(ours), tokens, InstantSource.system()));
            fake.server()
                    .always(
                            "",
                            (asked, honest) -> FakeRegistry.unauthorized("Bearer realm=\"" + realm.url() + "/token\""));

            assertThat(failure(this::resolve))
                    .hasMessageContaining("status 503")
                    .hasMessageNotContainingAny("s3cret-token", Authorization.encoded("u", "s3cret-token"));
            client.close();
            await(realm.left());
        }
    }

    static Stream<Credential> credentials() {
        return Stream.of(new Credential.Basic("u", "s3cret-token"), new Credential.RefreshToken("u", "s3cret-token"));
    }
}
