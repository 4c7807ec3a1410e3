package io.varve.registry;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.failure.Category;
import io.varve.oci.Digest;
import io.vertx.core.Future;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A registry that says no, not now, not here, or not to you. */
class RegistryRefusalsIT extends FaultyWorld {
    private static final String MANIFEST = "manifest 1";
    private static final String USER = "somebody";
    private static final String PASSWORD = "pass:word";

    private String refused(Category category, int status) {
        return about(category, MANIFEST) + "status " + status + ": UNKNOWN: status " + status;
    }

    // Not now.

    @Test
    void burstOfErrorsIsOutlasted() throws TimeoutException {
        fake.server().script("/manifests/", Fault.status(500), Fault.status(503), Fault.hangUp());
        assertResolves();
        fake.server().script("/blobs/", Fault.status(502), Fault.cut(20), Fault.status(504), Fault.hangUp());
        assertPullsLayer();
    }

    @ParameterizedTest
    @ValueSource(ints = {408, 429, 500, 502, 503, 504})
    void errorThatLastsIsTold(int status) {
        fake.server().always("", Fault.status(status));
        assertFails(Category.UNAVAILABLE, refused(Category.UNAVAILABLE, status), this::resolve);
        assertThat(asked("")).isEqualTo(ATTEMPTS);
        assertThat(time.pauses()).hasSize(ATTEMPTS - 1).isSorted().allMatch(pause -> pause.toMillis() >= 125);
    }

    @ParameterizedTest
    @CsvSource({"400, INVALID", "403, UNAUTHORIZED", "404, NOT_FOUND", "405, INVALID", "501, UNAVAILABLE"})
    void refusalThatWillNotPassIsToldAtOnce(int status, Category category) {
        fake.server().always("", Fault.status(status));
        assertFails(category, refused(category, status), this::resolve);
        assertThat(asked("")).isEqualTo(1);
    }

    @Test
    void stormIsWaitedForAsLongAsIsAsked() throws TimeoutException {
        String soon = DateTimeFormatter.RFC_1123_DATE_TIME.format(
                Instant.now().plusSeconds(30).atOffset(ZoneOffset.UTC));
        fake.server().script("/manifests/", Fault.tooMany("7"), Fault.tooMany(soon), Fault.tooMany("86400"));
        assertResolves();
        assertThat(time.pauses().get(0)).isEqualTo(Duration.ofSeconds(7));
        assertThat(time.pauses().get(1)).isBetween(Duration.ofSeconds(15), Duration.ofSeconds(31));
        assertThat(time.pauses().get(2)).as("network.retryAfter").isEqualTo(NETWORK.retryAfter());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "-1", "soon", "1e9", "99999999999999999999"})
    void stormThatAsksForNothingSensibleIsWaitedForAsUsual(String retryAfter) throws TimeoutException {
        fake.server().script("/manifests/", Fault.tooMany(retryAfter));
        assertResolves();
        assertThat(time.pauses().getFirst()).isLessThanOrEqualTo(Duration.ofSeconds(1));
    }

    @Test
    void manyWhoAreTurnedAwayAllGetThrough() throws TimeoutException {
        List<Fault> storm = new ArrayList<>(Collections.nCopies(30, Fault.tooMany("1")));
        fake.server().script("/blobs/", storm.toArray(Fault[]::new));
        List<Future<Void>> all = new ArrayList<>();
        client(new NetworkOptions(
                31, NETWORK.connectTimeout(), NETWORK.idleTimeout(), Duration.ofHours(1), NETWORK.retryAfter(), 0));
        for (int i = 0; i < 20; i++) {
            all.add(Future.future(done -> vertx.runOnContext(on ->
                    client.blob(repository(), layer, 0, CollectedSlabs.all()).onComplete(done))));
        }
        await(Future.all(all));
        assertThat(asked("/blobs/")).isEqualTo(all.size() + storm.size());
    }

    // Not here.

    @Test
    void otherHostLearnsNothingOfUs() throws Exception {
        client(NETWORK, tokens -> Authorizers.onChallenge("Bearer secret"));
        try (FakeRegistry other = FakeRegistry.http(far).add("it", "1", source, image)) {
            fake.server()
                    .always(
                            "",
                            (asked, honest) -> asked.header("Authorization") == null
                                    ? FakeRegistry.unauthorized("Bearer realm=\"http://127.0.0.1/\"")
                                    : Fault.redirectTo(other.server()).reply(asked, honest));
            assertPullsLayer();
            assertResolves();
            assertThat(other.server().asked(""))
                    .hasSize(2)
                    .allSatisfy(asked ->
                            assertThat(asked.headers().names()).doesNotContain("Authorization", "authorization"));
        }
    }

    @Test
    void blobFromOtherHostIsGoneOnWithThroughTheRegistry() throws Exception {
        try (FakeRegistry other = FakeRegistry.http(far).add("it", "1", source, image)) {
            fake.server().always("/blobs/", Fault.redirectTo(other.server()));
            other.server().script("/blobs/", Fault.cut(10)).always("/blobs/", Fault.status(403));
            assertThat(failure(() -> blob(layer)))
                    .hasMessage(
                            about(Category.UNAUTHORIZED, "blob " + layer.digest()) + "status 403: UNKNOWN: status 403");
            assertThat(other.server().asked("/blobs/")).hasSize(ATTEMPTS);
            other.server().reset();
            other.server().script("/blobs/", Fault.cut(10), Fault.status(500), Fault.cut(20));
            assertPullsLayer();
            assertThat(other.server().asked("").getLast().header("Range")).isEqualTo("bytes=30-");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403})
    void urlThatHasExpiredOnTheWayIsAskedForAnew(int status) throws Exception {
        try (FakeRegistry other = FakeRegistry.http(far).add("it", "1", source, image)) {
            AtomicInteger signed = new AtomicInteger();
            fake.server()
                    .always(
                            "",
                            (asked, honest) -> Fault.redirect(
                                            307,
                                            other.server().url() + asked.uri() + "?signature="
                                                    + signed.incrementAndGet())
                                    .reply(asked, honest));
            other.server().always("signature=[13]$", Fault.status(status));
            assertPullsLayer();
            assertResolves();
            assertThat(signed).hasValue(4);
        }
    }

    @Test
    void loopOfRedirectsEnds() {
        fake.server().always("", (asked, honest) -> FakeReply.of(302, "").with("Location", asked.uri()));
        assertFails(
                Category.EXCEEDED,
                about(Category.EXCEEDED, MANIFEST) + "redirects: got 6, at most 5 (limits.redirects)",
                this::resolve);
        assertThat(asked("")).isEqualTo(6);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "file:///etc/passwd",
                "ftp://127.0.0.1/",
                "http://",
                "http://[::",
                "http://169.254.169.254/latest/",
                "http://10.0.0.1/",
                "http://0.0.0.0/"
            })
    void nobodyIsSentWhereRegistriesMayNotLead(String location) {
        fake.server().always("", Fault.redirect(307, location + "?signature=secret"));
        assertThat(failure(this::resolve).getMessage())
                .startsWith(about(Category.INVALID, MANIFEST))
                .doesNotContain("secret");
        assertThat(asked("")).isEqualTo(1);
    }

    @Test
    void redirectToNowhereIsRefused() {
        fake.server().always("", (asked, honest) -> FakeReply.of(307, ""));
        assertFails(Category.INVALID, about(Category.INVALID, MANIFEST) + "status 307", this::resolve);
    }

    // Not to you.

    private void authorised(Optional<Credential> credential, TokenIssuer issuer, FakeServer tokens) {
        fake.demandTokens(issuer, tokens.url() + "/token");
        authorised(credential, InstantSource.system());
    }

    private void authorised(Optional<Credential> credential, InstantSource clock) {
        client(NETWORK, transport -> new Tokens(vertx, (host, repository) -> credential, transport, clock));
    }

    private static Optional<Credential> user() {
        return Optional.of(new Credential.Basic(USER, PASSWORD));
    }

    /** By a clock that moves on whenever it is looked at: fresh tokens are not expected to be refused. */
    @Test
    void tokensThatAreUsedUpAreRenewed() throws Exception {
        TokenIssuer issuer = TokenIssuer.opaque(1).onlyFor(USER, PASSWORD);
        try (FakeServer tokens = FakeServer.http(far, issuer)) {
            AtomicInteger looks = new AtomicInteger();
            fake.demandTokens(issuer, tokens.url() + "/token");
            authorised(user(), () -> Instant.EPOCH.plusSeconds(20L * looks.incrementAndGet()));
            fake.server().always("/blobs/", Fault.cut(40));
            for (int i = 0; i < 3; i++) {
                assertResolves();
                assertPullsLayer();
            }
            assertThat(issuer.issued()).isGreaterThan(6);
        }
    }

    @Test
    void manyWhoWantInShareOneToken() throws Exception {
        TokenIssuer issuer = TokenIssuer.opaque(Integer.MAX_VALUE).onlyFor(USER, PASSWORD);
        try (FakeServer tokens = FakeServer.http(far, issuer)) {
            authorised(user(), issuer, tokens);
            List<Future<Void>> all = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                all.add(Future.future(
                        done -> vertx.runOnContext(on -> client.blob(repository(), layer, 0, CollectedSlabs.all())
                                .onComplete(done))));
            }
            await(Future.all(all));
            assertThat(tokens.asked("")).hasSize(1);
        }
    }

    @Test
    void refreshTokenIsExchanged() throws Exception {
        TokenIssuer issuer = TokenIssuer.opaque(Integer.MAX_VALUE).onlyFor("refresh-me");
        try (FakeServer tokens = FakeServer.http(far, issuer)) {
            authorised(Optional.of(new Credential.RefreshToken("", "refresh-me")), issuer, tokens);
            assertResolves();
            assertThat(tokens.asked("POST")).hasSize(1);
        }
    }

    @Test
    void tokenServerThatFailsForAMomentIsAskedAgain() throws Exception {
        TokenIssuer issuer = TokenIssuer.opaque(Integer.MAX_VALUE);
        try (FakeServer tokens = FakeServer.http(far, issuer)) {
            authorised(Optional.empty(), issuer, tokens);
            tokens.script("", Fault.status(503), Fault.cut(5), Fault.tooMany("1"));
            assertResolves();
        }
    }

    @Test
    void registryThatNeverLetsAnybodyInIsLeft() throws Exception {
        TokenIssuer issuer = TokenIssuer.opaque(0).onlyFor(USER, PASSWORD);
        try (FakeServer tokens = FakeServer.http(far, issuer)) {
            authorised(user(), issuer, tokens);
            assertFails(
                    Category.UNAUTHORIZED,
                    about(Category.UNAUTHORIZED, MANIFEST)
                            + "got 401 as user somebody again, wanted somebody who may do this; `varve login "
                            + fake.server().host() + "`",
                    this::resolve);
            assertThat(asked("")).isEqualTo(2);
            assertThat(tokens.asked("").size()).isLessThanOrEqualTo(2);
        }
    }

    @Test
    void wrongPasswordIsToldInOneLineWithoutIt() throws Exception {
        TokenIssuer issuer = TokenIssuer.opaque(1).onlyFor(USER, "another");
        try (FakeServer tokens = FakeServer.http(far, issuer)) {
            authorised(user(), issuer, tokens);
            assertFails(
                    Category.UNAUTHORIZED,
                    about(Category.UNAUTHORIZED, MANIFEST) + "ask " + tokens.url()
                            + " for a token: got 401 (incorrect username or password) as user somebody, wanted 200",
                    this::resolve);
            assertThat(tokens.asked("")).hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "nonsense", "Negotiate", "Bearer service=\"x\"", "Digest realm=\"x\""})
    void challengeThatNobodyCanMeetIsRefused(String challenge) {
        authorised(user(), InstantSource.system());
        fake.server().always("", (asked, honest) -> FakeRegistry.unauthorized(challenge));
        assertThat(failure(this::resolve).getMessage())
                .startsWith("Unauthorized: ")
                .doesNotContain(PASSWORD);
        assertThat(asked("")).isEqualTo(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://169.254.169.254/token",
                "http://10.0.0.1/token",
                "file:///etc/passwd",
                "http://user:guess@127.0.0.1/token"
            })
    void realmThatRegistriesMayNotNameIsNotAsked(String realm) {
        authorised(user(), InstantSource.system());
        fake.server().always("", (asked, honest) -> FakeRegistry.unauthorized("Bearer realm=\"" + realm + "\""));
        assertThat(failure(this::resolve).category()).isIn(Category.INVALID, Category.UNAUTHORIZED);
        assertThat(asked("")).isEqualTo(1);
    }

    @Test
    void passwordIsNotSentBeforeItIsAskedFor() throws TimeoutException {
        fake.demandBasic(USER, PASSWORD);
        authorised(user(), InstantSource.system());
        assertResolves();
        assertResolves();
        assertThat(fake.server().asked("").stream().map(asked -> asked.header("Authorization") != null))
                .containsExactly(false, true, true);
        assertThat(failure(() -> ask(() -> client.resolve(repository(), "2", LIMIT))))
                .hasMessage(about(Category.NOT_FOUND, "manifest 2") + "status 404: MANIFEST_UNKNOWN: manifest unknown");
    }

    @Test
    void digestThatIsNotThereIsNotFound() {
        String digest = Digest.sha256(new byte[1]).toString();
        assertFails(
                Category.NOT_FOUND,
                about(Category.NOT_FOUND, "manifest " + digest) + "status 404: MANIFEST_UNKNOWN: manifest unknown",
                () -> ask(() -> client.resolve(repository(), digest, LIMIT)));
    }
}
