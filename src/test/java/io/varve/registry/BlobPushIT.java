package io.varve.registry;

import static io.varve.registry.Setting.app;
import static io.varve.registry.Setting.await;
import static io.varve.registry.Setting.failure;
import static io.varve.registry.Setting.layer;
import static io.varve.registry.Setting.random;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.bus.SlabSink;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlobPushIT {
    private static final int CHUNK = 300_000;
    private static final String UPLOADS = "/blobs/uploads/";

    private static final Fault UNAUTHORIZED =
            (asked, honest) -> FakeRegistry.unauthorized("Bearer realm=\"http://127.0.0.1/\"");

    private final byte[] bytes = random(1_000_003);
    private final OfferedBytes offer = new OfferedBytes(bytes);
    private Setting setting;
    private FakeRegistry registry;
    private RegistryClient client;
    private Repository app;

    @BeforeEach
    void start() throws Exception {
        setting = new Setting().chunks(CHUNK);
        registry = FakeRegistry.http(setting.vertx);
        client = setting.client();
        app = app(registry.server().host());
    }

    @AfterEach
    void stop() throws Exception {
        setting.close();
    }

    private void assertUploaded() throws Exception {
        assertThat(await(client.upload(app, offer, null))).isEqualTo(Uploaded.SENT);
        assertThat(registry.has(offer.blob())).isTrue();
    }

    /** Methods, and of chunks their ranges. */
    private List<String> asked() {
        return registry.server().asked("/v2/").stream()
                .map(asked -> asked.header("Content-Range") == null
                        ? asked.method().name()
                        : asked.method() + " " + asked.header("Content-Range"))
                .toList();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 262_144, CHUNK})
    void smallBlobIsSentInOne(int size) throws Exception {
        OfferedBytes small = new OfferedBytes(random(size));

        assertThat(await(client.upload(app, small, null))).isEqualTo(Uploaded.SENT);

        assertThat(registry.has(small.blob())).isTrue();
        assertThat(asked()).containsExactly("POST", "PUT");
        assertThat(registry.server().asked("PUT ").getFirst().header("Content-Length"))
                .isEqualTo(String.valueOf(size));
    }

    @Test
    void largeBlobIsSentInChunksAndReadOnce() throws Exception {
        assertUploaded();

        assertThat(asked())
                .containsExactly(
                        "POST",
                        "PATCH 0-299999",
                        "PATCH 300000-599999",
                        "PATCH 600000-899999",
                        "PATCH 900000-1000002",
                        "PUT");
        assertThat(offer.asked).containsExactly(0L);
        assertThat(offer.sent).isSorted().endsWith(1_000_003L);
    }

    @Test
    void registryMayWantLargerChunks() throws Exception {
        registry.server().script("POST ", Fault.header("OCI-Chunk-Min-Length", "500000"));

        assertUploaded();

        assertThat(asked())
                .containsExactly("POST", "PATCH 0-499999", "PATCH 500000-999999", "PATCH 1000000-1000002", "PUT");
    }

    @Test
    void afterACutOnlyWhatDidNotArriveIsSentAgain() throws Exception {
        // The second chunk, as every answer has another state.
        registry.server().hear("PATCH .*%3D2$", 123_456).script("PATCH .*%3D2$", Fault.hangUp());

        assertUploaded();

        assertThat(asked())
                .containsExactly(
                        "POST",
                        "PATCH 0-299999",
                        "PATCH 300000-599999",
                        "HEAD",
                        "GET",
                        "PATCH 423456-723455",
                        "PATCH 723456-1000002",
                        "PUT");
        assertThat(offer.asked).containsExactly(0L, 423_456L);
    }

    @Test
    void cutUploadOfASmallBlobBeginsAnew() throws Exception {
        OfferedBytes small = new OfferedBytes(random(CHUNK));
        registry.server().hear("PUT ", 100_000).script("PUT ", Fault.hangUp());

        await(client.upload(app, small, null));

        assertThat(registry.has(small.blob())).isTrue();
        assertThat(asked()).containsExactly("POST", "PUT", "HEAD", "DELETE", "POST", "PUT");
    }

    @Test
    void blobWhoseLastAnswerWasLostIsNotSentAgain() throws Exception {
        registry.server().script("PUT ", Fault.hangUp());

        assertUploaded();

        assertThat(asked()).endsWith("PUT", "HEAD").doesNotHaveDuplicates();
    }

    @Test
    void blobIsMountedWhereThatIsAllowed() throws Exception {
        registry.blob(bytes);

        assertThat(await(client.upload(app, offer, "library/base"))).isEqualTo(Uploaded.MOUNTED);

        assertThat(registry.server().asked("/v2/"))
                .singleElement()
                .satisfies(asked -> assertThat(asked.uri())
                        .isEqualTo(
                                "/v2/app/blobs/uploads/?mount=" + offer.blob().digest() + "&from=library/base"));
        assertThat(offer.asked).isEmpty();
    }

    @Test
    void mountThatIsNotGrantedIsAnUpload() throws Exception {
        assertThat(await(client.upload(app, offer, "library/base"))).isEqualTo(Uploaded.SENT);

        assertThat(registry.server().asked("POST ")).hasSize(1);
        assertThat(registry.has(offer.blob())).isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 401, 403, 404, 405})
    void mountThatIsRefusedIsForgotten(int status) throws Exception {
        registry.server().script("POST .*mount", Fault.status(status));

        assertThat(await(client.upload(app, offer, "library/base"))).isEqualTo(Uploaded.SENT);

        assertThat(registry.server().asked("POST ")).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(ints = {400, 405, 501})
    void registryThatKnowsNoChunksIsSentAllInOne(int status) throws Exception {
        registry.server().always("PATCH ", Fault.status(status));

        assertUploaded();

        assertThat(asked()).containsExactly("POST", "PATCH 0-299999", "DELETE", "POST", "PUT");
    }

    @Test
    void registryThatRefusesTheRangeOfAnyChunkIsSentAllInOne() throws Exception {
        registry.server().always("PATCH ", Fault.status(416));

        assertUploaded();

        assertThat(asked()).containsExactly("POST", "PATCH 0-299999", "GET", "DELETE", "POST", "PUT");
    }

    @Test
    void registryThatHasLessThanItSaidIsSentTheRest() throws Exception {
        registry.server().script("PATCH ", Fault.NONE, lost(), Fault.NONE);

        assertUploaded();

        assertThat(asked())
                .containsExactly(
                        "POST",
                        "PATCH 0-299999",
                        "PATCH 300000-599999",
                        "PATCH 600000-899999",
                        "GET",
                        "PATCH 300000-599999",
                        "PATCH 600000-899999",
                        "PATCH 900000-1000002",
                        "PUT");
    }

    @Test
    void registryThatSendsUsToAndFroIsLeft() throws Exception {
        // It takes each chunk, forgets it, and says that it goes on before it.
        registry.server().always("PATCH ", (asked, honest) -> {
            String range = String.valueOf(asked.header("Content-Range"));
            return range.startsWith("0-") ? lost().reply(asked, honest) : honest.apply(asked);
        });

        Failure failure = failure(client.upload(app, offer, null));

        assertThat(failure).hasMessageContaining("range of a chunk: got it refused at 300000 again");
        assertThat(asked().size()).isLessThan(60);
    }

    @Test
    void registryThatHasMoreThanItWasSentIsNotBelieved() throws Exception {
        registry.server()
                .script("PATCH ", Fault.NONE, Fault.status(416))
                .script("GET ", Fault.header("Range", "0-999999"));

        assertThat(failure(client.upload(app, offer, null)))
                .hasMessageEndingWith("size of the upload: got 1000000, wanted 600000 at the most");
    }

    @Test
    void uploadThatFailsIsEnded() throws Exception {
        registry.server().always("PATCH .*%3D2$", Fault.status(403));

        assertThat(failure(client.upload(app, offer, null)).category()).isEqualTo(Category.UNAUTHORIZED);

        assertThat(asked()).endsWith("DELETE");
        assertThat(registry.openUploads()).isZero();
    }

    @Test
    void registryThatDoesNotHearOfTheEndHoldsNobodyUp() throws Exception {
        registry.server()
                .always("PATCH ", Fault.status(403))
                .always("DELETE ", Fault.stall(0, Promise.<Void>promise().future()));

        assertThat(failure(client.upload(app, offer, null)).category()).isEqualTo(Category.UNAUTHORIZED);
    }

    @Test
    void whoeverWaitsForHisBytesLeavesTheHostToOthers() throws Exception {
        HostOptions one = new HostOptions(List.of(), true, false, null, null, null, 1, 1, false);
        try (FakeServer storage = FakeServer.http(setting.vertx, registry::answer);
                FakeRegistry second = FakeRegistry.http(setting.vertx)) {
            Fault elsewhere = (asked, honest) -> {
                FakeReply reply = registry.answer(asked);
                return reply.withOnly(
                        "Location", storage.url() + reply.headers().get("Location"));
            };
            registry.server().always("POST ", elsewhere);
            second.server().always("POST ", elsewhere);
            client = setting.host(storage.host(), one).client();
            Promise<Void> begun = Promise.promise();
            OfferedBytes late = new OfferedBytes(random(1000)) {
                @Override
                public Future<Void> from(long offset, SlabSink sink) {
                    begun.tryComplete();
                    return Promise.<Void>promise().future();
                }
            };
            Future<Uploaded> waiting = client.upload(app, late, null);
            await(begun.future());

            assertThat(await(client.upload(app(second.server().host()), offer, null)))
                    .isEqualTo(Uploaded.SENT);

            late.withdrawn.fail(Setting.enough());
            assertThat(failure(waiting)).hasMessageContaining("enough");
        }
    }

    /** The chunk is taken, it says, and is not. */
    private static Fault lost() {
        return (asked, honest) -> FakeReply.of(202, "").with("Location", asked.uri());
    }

    @Test
    void uploadThatIsForgottenBeginsAnew() throws Exception {
        registry.server().script("PATCH ", Fault.NONE, Fault.status(404));

        assertUploaded();

        assertThat(asked())
                .startsWith("POST", "PATCH 0-299999", "PATCH 300000-599999", "HEAD", "POST", "PATCH 0-299999");
        assertThat(setting.pauses).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403})
    void uploadWhoseUrlElsewhereHasExpiredBeginsAnew(int status) throws Exception {
        try (FakeServer storage = FakeServer.http(setting.vertx, registry::answer)) {
            registry.server().always("POST ", (asked, honest) -> {
                FakeReply reply = registry.answer(asked);
                return reply.withOnly(
                        "Location", storage.url() + reply.headers().get("Location"));
            });
            storage.script("PATCH ", Fault.NONE, Fault.status(status)).script("PUT ", Fault.status(status));

            assertUploaded();

            assertThat(registry.server().asked("POST ")).hasSize(3);
            assertThat(setting.pauses).hasSize(2);
        }
    }

    @Test
    void registryIsLeftAloneAsLongAsItWants() throws Exception {
        registry.server().script("POST ", Fault.tooMany("3")).script("PATCH ", Fault.NONE, Fault.tooMany("7"));

        assertUploaded();

        assertThat(setting.pauses).containsExactly(Duration.ofSeconds(3), Duration.ofSeconds(7));
        assertThat(asked().stream().filter(each -> each.equals("PATCH 300000-599999")))
                .hasSize(2);
    }

    @Test
    void whoeverIsAskedInTheMiddleWhoHeIsSaysSo() throws Exception {
        TokenIssuer issuer = TokenIssuer.opaque(3);
        try (FakeServer tokens = FakeServer.http(setting.vertx, issuer)) {
            registry.demandTokens(issuer, tokens.url() + "/token");
            client = setting.authorizer(transport -> new Tokens(
                            setting.vertx, (host, repository) -> Optional.empty(), transport, InstantSource.system()))
                    .client();

            assertUploaded();

            assertThat(issuer.issued()).isEqualTo(2);
            assertThat(tokens.asked("/token").getFirst().uri()).contains("scope=repository%3Aapp%3Apull%2Cpush");
        }
    }

    @Test
    void answerThatComesBeforeTheChunkHasEndedIsHeard() throws Exception {
        registry.server().hear("PATCH ", 10).always("PATCH ", (asked, honest) -> {
            boolean known = "Bearer it".equals(asked.header("Authorization"));
            return (known ? Fault.NONE : UNAUTHORIZED).reply(asked, honest);
        });
        client = setting.authorizer(Authorizers.onChallenge("Bearer it")).client();

        assertUploaded();

        // Whether the answer or the end of the connection is seen first is the machine's to decide; then it is asked
        // how much came, and the next answer is heard.
        assertThat(asked().stream().filter(each -> each.startsWith("PATCH ")))
                .startsWith("PATCH 0-299999", "PATCH 0-299999");
    }

    @Test
    void uploadMayGoOnElsewhereWhereNobodyLearnsWhoWeAre() throws Exception {
        client = setting.authorizer(Authorizers.onChallenge("Bearer it")).client();
        registry.server().script("POST ", UNAUTHORIZED);
        try (FakeServer other = FakeServer.http(setting.vertx, registry::answer)) {
            registry.server().always("POST ", (asked, honest) -> {
                FakeReply reply = honest.apply(asked);
                return reply.withOnly("Location", other.url() + reply.headers().get("Location"));
            });

            assertUploaded();

            assertThat(registry.server().asked("/v2/"))
                    .hasSize(2)
                    .last()
                    .satisfies(
                            asked -> assertThat(asked.header("Authorization")).isEqualTo("Bearer it"));
            assertThat(other.asked("PATCH ")).hasSize(4);
            assertThat(other.asked(""))
                    .allSatisfy(
                            asked -> assertThat(asked.header("Authorization")).isNull());
        }
    }

    @Test
    void whoeverIsElsewhereLeadsNobodyBackAsWhoHeIs() throws Exception {
        client = setting.authorizer(Authorizers.onChallenge("Bearer it")).client();
        registry.server().script("POST ", UNAUTHORIZED);
        try (FakeServer other = FakeServer.http(setting.vertx, registry::answer)) {
            registry.server().always("POST ", (asked, honest) -> {
                FakeReply reply = honest.apply(asked);
                return reply.withOnly("Location", other.url() + reply.headers().get("Location"));
            });
            other.always("PATCH ", (asked, honest) -> {
                FakeReply reply = honest.apply(asked);
                return reply.withOnly(
                        "Location", registry.server().url() + reply.headers().get("Location"));
            });

            registry.server().always("PATCH ", UNAUTHORIZED);

            assertThat(failure(client.upload(app, offer, null)).category()).isEqualTo(Category.UNAUTHORIZED);

            assertThat(other.asked("PATCH ")).hasSize(1);
            assertThat(registry.server().asked("(PATCH|DELETE) "))
                    .hasSize(2)
                    .allSatisfy(
                            asked -> assertThat(asked.header("Authorization")).isNull());
        }
    }

    @Test
    void uploadGoesOnWhereTheRegistryMayLeadOnly() throws Exception {
        registry.server()
                .script("POST ", Fault.header("Location", "http://169.254.169.254/latest/meta-data"))
                .script("POST ", Fault.header("Location", "ftp://127.0.0.1/"))
                .script("POST ", (asked, honest) -> FakeReply.of(202, ""));

        assertThat(failure(client.upload(app, offer, null)))
                .hasMessageStartingWith("Invalid: push blob " + offer.blob().digest() + " to " + app
                        + ": sent on to http://169.254.169.254: got the address 169.254.169.254");
        assertThat(failure(client.upload(app, offer, null))).hasMessageContaining("URL: got the scheme ftp");
        assertThat(failure(client.upload(app, offer, null))).hasMessageContaining("got no Location");
    }

    @Test
    void wrongBytesAreNeverSentToTheirEnd() throws Exception {
        byte[] wrong = bytes.clone();
        wrong[bytes.length - 1] ^= 1;

        Failure failure = failure(client.upload(app, new OfferedBytes(wrong, layer(bytes)), null));

        assertThat(failure.category()).isEqualTo(Category.MISMATCH);
        assertThat(failure).hasMessageContaining("digest of 1000003 bytes: got ");
        assertThat(registry.server().asked("PUT ")).isEmpty();
    }

    @Test
    void blobThatCannotBeReadIsNotAskedForAgain() throws Exception {
        Failure gone = Failure.notFound("gone");
        OfferedBytes unreadable = new OfferedBytes(bytes) {
            @Override
            public Future<Void> from(long offset, SlabSink sink) {
                return Future.failedFuture(gone);
            }
        };

        assertThat(failure(client.upload(app, unreadable, null)))
                .hasMessage("NotFound: push blob " + offer.blob().digest() + " to " + app + ": gone");
        assertThat(setting.pauses).isEmpty();
    }

    @Test
    void registryThatKeepsItByAnotherDigestIsNotBelieved() throws Exception {
        registry.server()
                .always(
                        "PUT ",
                        Fault.header(
                                "Docker-Content-Digest",
                                layer(random(1)).digest().toString()));

        assertThat(failure(client.upload(app, offer, null)).category()).isEqualTo(Category.MISMATCH);
    }

    @Test
    void whatIsWithdrawnEndsAtOnce() throws Exception {
        Promise<Void> never = Promise.promise();
        registry.server()
                .script(
                        "PATCH ",
                        Fault.stall(0, never.future())
                                .heardBy(() ->
                                        setting.vertx.runOnContext(now -> offer.withdrawn.tryFail(Setting.enough()))));

        assertThat(failure(client.upload(app, offer, null))).hasMessageContaining("enough");
        client.close();
        await(registry.server().left());
    }

    @Test
    void silenceBehindAChunkIsACut() throws Exception {
        client = setting.network(new NetworkOptions(
                        2,
                        Duration.ofSeconds(5),
                        Duration.ofMillis(200),
                        Duration.ofMinutes(5),
                        Duration.ofMinutes(1),
                        0))
                .client();
        registry.server().script("PATCH ", Fault.silence());

        assertUploaded();

        assertThat(asked()).startsWith("POST", "PATCH 0-299999", "HEAD", "GET", "PATCH 300000-599999");
    }

    @Test
    void whoeverWasGivenALargeBlobInChunksHasTimeToHashAllOfIt() throws Exception {
        client = setting.network(new NetworkOptions(
                        1,
                        Duration.ofSeconds(5),
                        Duration.ofSeconds(20),
                        Duration.ofMillis(300),
                        Duration.ofMinutes(1),
                        0))
                .client();
        registry.server().always("PUT ", Fault.silence());

        assertThat(failure(client.upload(app, new OfferedBytes(random(1_200_000)), null)))
                .as("network.patience")
                .hasMessageEndingWith("no answer for 0.3 s");

        assertThat(registry.server().asked("PUT ").getFirst().header("Content-Length"))
                .isEqualTo("0");
    }

    @Test
    void blobThatIsThereIsFound() throws Exception {
        assertThat(await(client.has(app, offer.blob()))).isFalse();
        registry.blob(bytes);
        assertThat(await(client.has(app, offer.blob()))).isTrue();
        registry.server().script("HEAD ", Fault.status(503), Fault.status(500));
        assertThat(await(client.has(app, offer.blob()))).isTrue();
    }

    @Test
    void mirrorsAreNotWrittenTo() throws Exception {
        try (FakeRegistry mirror = FakeRegistry.http(setting.vertx)) {
            HostOptions options = new HostOptions(
                    List.of(URI.create(mirror.server().url())), true, false, null, null, null, 8, 16, false);
            client = setting.host(registry.server().host(), options).client();

            assertUploaded();

            assertThat(mirror.server().asked("")).isEmpty();
        }
    }

    @Test
    void registryWithoutTlsIsFoundByWhomThatWillDo() throws Exception {
        Repository insecure = new Repository(registry.server().host(), "app", new Access(null, false, true));

        assertThat(await(client.upload(insecure, offer, null))).isEqualTo(Uploaded.SENT);

        assertThat(registry.has(offer.blob())).isTrue();
        assertThat(offer.asked).containsExactly(0L);
    }

    @Test
    void manyUploadsTakeTurns() throws Exception {
        HostOptions one = new HostOptions(List.of(), true, false, null, null, null, 1, 1, false);
        client = setting.host(registry.server().host(), one).client();
        List<OfferedBytes> offers = List.of(
                new OfferedBytes(random(700_000)), new OfferedBytes(random(700_001)), new OfferedBytes(random(5)));

        await(Future.all(
                offers.stream().map(each -> client.upload(app, each, null)).toList()));

        offers.forEach(each -> assertThat(registry.has(each.blob())).isTrue());
        assertThat(registry.server().mostConnections()).isEqualTo(1);
        assertThat(registry.server().asked(UPLOADS)).hasSize(2 * (1 + 3 + 1) + 2);
    }
}
