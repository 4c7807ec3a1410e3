package io.varve.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.guard.WatchedVertx;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Isolated("its event loops are watched, and wait for no other class's work")
class TokensTest {
    private static final int PATIENCE_S = 30;
    private static final URI ENDPOINT = URI.create("https://registry.example");
    private static final String HOST = "registry.example";
    private static final Scope PULL = Scope.pull("team/app");
    private static final String REALM = "https://auth.example/token";
    private static final String BEARER = "Bearer realm=\"" + REALM + "\",service=\"registry.example\"";
    private static final String BASIC = "Basic realm=\"registry\"";

    private static final String PASSWORD = "pass word&1";
    private static final Credential.Basic ALICE = new Credential.Basic("alice", PASSWORD);
    private static final String ALICE_HEADER =
            "Basic " + Base64.getEncoder().encodeToString(("alice:" + PASSWORD).getBytes(StandardCharsets.UTF_8));

    private Vertx vertx;
    private Instant now = Instant.parse("2026-01-01T00:00:00Z");
    private final FakeRealm realm = new FakeRealm();
    private final Map<String, Credential> kept = new HashMap<>();
    private final AtomicInteger lookUps = new AtomicInteger();
    private Tokens tokens;

    /** What is loaded when it is first used would be loaded on an event loop. */
    @BeforeAll
    static void load() throws TimeoutException {
        TokensTest warm = new TokensTest();
        warm.start();
        warm.realm.says(200, "{\"token\":\"t\",\"issued_at\":\"2025-12-31T23:59:59+00:00\"}");
        warm.challenged(as(ALICE), Optional.empty(), BEARER);
        warm.realm.says(401, "{}").says(200, "no JSON").says(200, "{\"token\":\"t1\",\"issued_at\":\"?\"}");
        Credential bob = new Credential.RefreshToken("bob", PASSWORD);
        for (int i = 0; i < 2; i++) {
            failure(() -> warm.challenged(as(bob), Optional.of("Bearer t0"), BEARER + ",scope=aws"));
        }
        warm.challenged(as(bob), Optional.of("Bearer t0"), BEARER + ",scope=aws");
        warm.stop();
    }

    @BeforeEach
    void start() throws TimeoutException {
        vertx = WatchedVertx.create();
        tokens = new Tokens(vertx, this::find, realm, () -> now);
    }

    @AfterEach
    void stop() throws TimeoutException {
        vertx.close().await(PATIENCE_S, TimeUnit.SECONDS);
    }

    private Optional<Credential> find(String host, String repository) {
        lookUps.incrementAndGet();
        return Optional.ofNullable(kept.get(host + "/" + repository)).or(() -> Optional.ofNullable(kept.get(host)));
    }

    private void later(Duration duration) {
        now = now.plus(duration);
    }

    private static Access as(Credential credential) {
        return new Access(credential, false, false);
    }

    private static <T> T value(Future<T> future) {
        try {
            return future.await(PATIENCE_S, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    private Optional<String> first() {
        return first(PULL, Access.DEFAULT);
    }

    private Optional<String> first(Scope scope, Access access) {
        return value(tokens.authorization(ENDPOINT, HOST, scope, access));
    }

    private String challenged(String... challenges) {
        return challenged(Access.DEFAULT, Optional.empty(), challenges);
    }

    private String challenged(Access access, Optional<String> sent, String... challenges) {
        return value(tokens.challenged(ENDPOINT, HOST, PULL, access, List.of(challenges), sent));
    }

    private static Failure failure(ThrowingCallable call) {
        List<Failure> failures = new ArrayList<>();
        assertThatThrownBy(call).isInstanceOfSatisfying(Failure.class, failures::add);
        return failures.getFirst();
    }

    private static void assertUnauthorized(ThrowingCallable call) {
        assertThat(failure(call).category()).isEqualTo(Category.UNAUTHORIZED);
    }

    @Test
    void sendsNothingBeforeAnythingIsDemanded() {
        kept.put(HOST, ALICE);
        assertThat(first()).isEmpty();
        assertThat(lookUps).hasValue(0);
    }

    @Test
    void fetchesATokenForNobodyWhereNobodyIsKnown() {
        realm.gives("t1");
        assertThat(challenged(BEARER)).isEqualTo("Bearer t1");
        assertThat(realm.asked).hasSize(1);
        assertThat(realm.last().authorization()).isEmpty();
        assertThat(realm.last().registry()).isEqualTo(ENDPOINT);
        assertThat(realm.last().realm())
                .hasToString(REALM + "?service=registry.example&scope=repository%3Ateam%2Fapp%3Apull");
    }

    @Test
    void fetchesATokenAsAUser() {
        kept.put(HOST, ALICE);
        realm.gives("t1");
        assertThat(challenged(BEARER)).isEqualTo("Bearer t1");
        assertThat(realm.last().authorization()).contains(ALICE_HEADER);
    }

    @Test
    void sendsTheTokenAtOnceFromThenOn() {
        realm.gives("t1");
        challenged(BEARER);
        assertThat(first()).contains("Bearer t1");
        assertThat(first()).contains("Bearer t1");
        assertThat(realm.asked).hasSize(1);
        assertThat(lookUps).hasValue(1);
    }

    @Test
    void fetchesTheTokenOfAnotherRepositoryBeforeItIsDemanded() {
        realm.gives("t1").gives("t2");
        challenged(BEARER + ",scope=\"repository:team/app:pull\"");
        assertThat(first(Scope.pull("team/other"), Access.DEFAULT)).contains("Bearer t2");
        assertThat(realm.last().realm().getQuery())
                .isEqualTo("service=registry.example&scope=repository:team/other:pull");
    }

    @Test
    void unitesWhatIsDemandedWithWhatIsWanted() {
        realm.gives("t1");
        challenged(BEARER + ",scope=\"repository:team/app:push,pull repository:base/os:pull aws\"");
        assertThat(realm.last().realm().getQuery())
                .isEqualTo("service=registry.example&scope=aws&scope=repository:base/os:pull"
                        + "&scope=repository:team/app:pull,push");
        assertThat(first()).as("the wider token serves who wants less").contains("Bearer t1");
    }

    @Test
    void asksForATokenOfNoScopeWhenNothingInParticularIsWanted() {
        realm.gives("t1");
        assertThat(value(tokens.challenged(ENDPOINT, HOST, Scope.NONE, as(ALICE), List.of(BEARER), Optional.empty())))
                .isEqualTo("Bearer t1");
        assertThat(realm.last().realm()).hasToString(REALM + "?service=registry.example");
    }

    @Test
    void keepsTheQueryOfARealmAndDropsItsFragment() {
        realm.gives("t1");
        challenged("Bearer realm=\"https://auth.example/token?a=b%20c#top\"");
        assertThat(realm.last().realm())
                .hasToString("https://auth.example/token?a=b%20c&scope=repository%3Ateam%2Fapp%3Apull");
    }

    @Test
    void takesTheAccessTokenOfOAuth2() {
        realm.says(200, "{\"access_token\":\"t1\"}");
        assertThat(challenged(BEARER)).isEqualTo("Bearer t1");
        realm.says(200, "{\"token\":\"\",\"access_token\":\"t2\"}");
        assertThat(challenged(as(ALICE), Optional.empty(), BEARER)).isEqualTo("Bearer t2");
    }

    /** What the realm says of the time, and for how long the token is then used: ten seconds less than it is accepted. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'\"expires_in\":300'|290",
                "'\"a\":1'|50",
                "'\"expires_in\":5'|50",
                "'\"expires_in\":-5'|50",
                "'\"expires_in\":\"300\"'|50",
                "'\"expires_in\":1e99'|86390",
                "'\"expires_in\":300,\"issued_at\":\"2025-12-31T23:58:20Z\"'|190",
                "'\"expires_in\":300,\"issued_at\":\"2026-01-01T01:58:20+02:00\"'|190",
                "'\"expires_in\":300,\"issued_at\":\"2025-12-31T20:00:00Z\"'|290",
                "'\"expires_in\":300,\"issued_at\":\"2026-01-01T09:00:00Z\"'|290",
                "'\"expires_in\":300,\"issued_at\":\"yesterday\"'|290",
            })
    void usesATokenUntilShortlyBeforeItExpires(String said, long seconds) {
        realm.says(200, "{\"token\":\"t1\"," + said + "}").gives("t2");
        challenged(BEARER);
        later(Duration.ofSeconds(seconds - 1));
        assertThat(first()).contains("Bearer t1");
        later(Duration.ofSeconds(1));
        assertThat(first()).contains("Bearer t2");
    }

    @Test
    void tokensAreOfWhoeverTheyWereIssuedTo() {
        realm.gives("nobody").gives("alice").gives("bob");
        challenged(BEARER);
        assertThat(first(PULL, as(ALICE))).contains("Bearer alice");
        assertThat(first(PULL, as(new Credential.Basic("bob", PASSWORD)))).contains("Bearer bob");
        // An equal credential is the same one, whichever object it is.
        assertThat(first(PULL, as(new Credential.Basic("alice", PASSWORD)))).contains("Bearer alice");
        assertThat(first()).contains("Bearer nobody");
        realm.gives("other-password");
        assertThat(first(PULL, as(new Credential.Basic("alice", "other")))).contains("Bearer other-password");
    }

    @Test
    void whatCameWithoutTlsIsNotForOthers() {
        realm.gives("t1").gives("t2");
        challenged(new Access(null, false, true), Optional.empty(), BEARER);
        assertThat(first()).as("nothing was demanded of us").isEmpty();
        assertThat(challenged(BEARER)).isEqualTo("Bearer t2");
    }

    @Test
    void endpointsAreToldApart() {
        realm.gives("t1");
        challenged(BEARER);
        URI mirror = URI.create("https://mirror.example");
        assertThat(value(tokens.authorization(mirror, HOST, PULL, Access.DEFAULT)))
                .isEmpty();
        assertThat(value(tokens.authorization(ENDPOINT, "other.example", PULL, Access.DEFAULT)))
                .isEmpty();
    }

    @Test
    void joinsAFetchThatIsUnderWay() throws Exception {
        Promise<TokenTransport.Answer> slow = realm.isSlow();
        List<Future<String>> callers = new ArrayList<>();
        List<Context> contexts = new ArrayList<>();
        List<Context> completedOn = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Context context = vertx.getOrCreateContext();
            contexts.add(context);
            Promise<String> result = Promise.promise();
            Promise<Void> asked = Promise.promise();
            context.runOnContext(_ -> {
                tokens.challenged(ENDPOINT, HOST, PULL, as(ALICE), List.of(BEARER), Optional.empty())
                        .onComplete(done -> {
                            synchronized (completedOn) {
                                completedOn.add(Vertx.currentContext());
                            }
                            result.handle(done);
                        });
                asked.complete();
            });
            callers.add(result.future());
            value(asked.future());
        }
        slow.complete(FakeRealm.answer(200, "{\"token\":\"t1\"}"));
        for (Future<String> caller : callers) {
            assertThat(value(caller)).isEqualTo("Bearer t1");
        }
        assertThat(realm.asked).hasSize(1);
        assertThat(completedOn).as("each on its own").containsExactlyInAnyOrderElementsOf(contexts);
    }

    @Test
    void fetchOfOtherCallersIsNotJoined() {
        Promise<TokenTransport.Answer> slow = realm.isSlow();
        realm.gives("alice");
        Access bob = as(new Credential.Basic("bob", PASSWORD));
        Future<String> other = tokens.challenged(ENDPOINT, HOST, PULL, bob, List.of(BEARER), Optional.empty());
        assertThat(challenged(as(ALICE), Optional.empty(), BEARER)).isEqualTo("Bearer alice");
        slow.complete(FakeRealm.answer(200, "{\"token\":\"bob\"}"));
        assertThat(value(other)).isEqualTo("Bearer bob");
    }

    @Test
    void fetchThatFailsIsNotRemembered() {
        realm.says(503, "").gives("t1");
        assertThat(failure(() -> challenged(BEARER)).category()).isEqualTo(Category.UNAVAILABLE);
        assertThat(challenged(BEARER)).isEqualTo("Bearer t1");
    }

    @Test
    void fetchThatThrowsFailsThoseWhoWantedIt() {
        realm.saysLater(Future.failedFuture(Failure.invalid("realm: got http, wanted https")));
        assertThat(failure(() -> challenged(BEARER)).getMessage()).isEqualTo("Invalid: realm: got http, wanted https");
    }

    @Test
    void tokenThatWasRefusedIsNotSentAgain() {
        realm.gives("t1").gives("t2");
        challenged(BEARER);
        later(Duration.ofSeconds(60));
        assertThat(challenged(Access.DEFAULT, first(), BEARER)).isEqualTo("Bearer t2");
        assertThat(first()).contains("Bearer t2");
    }

    @Test
    void whoeverWasRefusedWithAnOlderTokenGetsTheNewOne() {
        realm.gives("t1").gives("t2");
        challenged(BEARER);
        Optional<String> old = first();
        later(Duration.ofSeconds(60));
        challenged(Access.DEFAULT, old, BEARER);
        assertThat(challenged(Access.DEFAULT, old, BEARER)).isEqualTo("Bearer t2");
        assertThat(realm.asked).hasSize(2);
    }

    @Test
    void youngTokenThatIsRefusedIsExchangedToo() {
        realm.gives("t1").gives("t2");
        Optional<String> young = Optional.of(challenged(BEARER));
        assertThat(challenged(Access.DEFAULT, young, BEARER)).isEqualTo("Bearer t2");
    }

    @Test
    void tokenThatIsRefusedInItsTurnIsTheEndAndThrownAwayAllTheSame() {
        realm.gives("t1").gives("t2");
        String fresh = challenged(as(ALICE), Optional.empty(), BEARER);
        Failure failure = value(tokens.refused(ENDPOINT, HOST, PULL, as(ALICE), fresh));
        assertThat(failure.getMessage())
                .isEqualTo("Unauthorized: got 401 as user alice again, wanted somebody who may do this;"
                        + " `varve login registry.example`");
        assertThat(realm.asked).hasSize(1);
        assertThat(first(PULL, as(ALICE))).contains("Bearer t2");
    }

    @Test
    void freshTokenThatAllowsTooLittleIsExchangedForOneThatAllowsMore() {
        realm.gives("t1").gives("t2");
        Optional<String> fresh = Optional.of(challenged(BEARER));
        String more = BEARER + ",scope=\"repository:team/app:pull,push\",error=\"insufficient_scope\"";
        assertThat(challenged(Access.DEFAULT, fresh, more)).isEqualTo("Bearer t2");
    }

    @Test
    void realmThatGivesTheRefusedTokenAgainIsTheEnd() {
        realm.gives("t1").gives("t1");
        challenged(BEARER);
        Optional<String> sent = first();
        later(Duration.ofSeconds(60));
        assertUnauthorized(() -> challenged(Access.DEFAULT, sent, BEARER));
    }

    @Test
    void looksAgainForCredentialsWhenTheyWereRefused() {
        realm.gives("nobody").gives("alice");
        challenged(BEARER);
        Optional<String> sent = first();
        later(Duration.ofSeconds(40));
        kept.put(HOST, ALICE);
        assertThat(challenged(Access.DEFAULT, sent, BEARER)).isEqualTo("Bearer alice");
        assertThat(realm.last().authorization()).contains(ALICE_HEADER);
    }

    @Test
    void looksForCredentialsOnceAMinute() {
        realm.always(_ -> FakeRealm.answer(200, "{\"token\":\"t\",\"expires_in\":3600}"));
        challenged(BEARER);
        later(Duration.ofSeconds(59));
        first();
        assertThat(lookUps).hasValue(1);
        later(Duration.ofSeconds(1));
        kept.put(HOST, ALICE);
        first();
        assertThat(lookUps).hasValue(2);
        assertThat(realm.last().authorization()).contains(ALICE_HEADER);
    }

    @Test
    void repositoriesMayHaveCredentialsOfTheirOwn() {
        kept.put(HOST, ALICE);
        kept.put(HOST + "/team/app", new Credential.Basic("bob", "b"));
        challengedFor("team/other", "t1");
        assertThat(realm.last().authorization()).contains(ALICE_HEADER);
        challengedFor("team/app", "t2");
        assertThat(realm.last().authorization()).isNotEmpty().isNotEqualTo(Optional.of(ALICE_HEADER));
    }

    private void challengedFor(String repository, String token) {
        realm.gives(token);
        value(tokens.challenged(
                ENDPOINT, HOST, Scope.pull(repository), Access.DEFAULT, List.of(BEARER), Optional.empty()));
    }

    @Test
    void credentialsThatCannotBeReadFailTheRequest() {
        Tokens broken = new Tokens(
                vertx,
                (host, repository) -> {
                    throw Failure.invalid("not JSON").during("reading config.json");
                },
                realm,
                () -> now);
        assertThat(failure(() -> value(broken.challenged(
                                ENDPOINT, HOST, PULL, Access.DEFAULT, List.of(BEARER), Optional.empty())))
                        .getMessage())
                .isEqualTo("Invalid: reading config.json: not JSON");
        assertThat(realm.asked).isEmpty();
    }

    @Test
    void prefersATokenToBasic() {
        realm.gives("t1");
        assertThat(challenged(as(ALICE), Optional.empty(), BASIC, BEARER)).isEqualTo("Bearer t1");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Bearer",
                "Bearer realm=\"\"",
                "Bearer realm=\"registry\"",
                "Bearer realm=\"ftp://auth.example/token\"",
                "Bearer realm=\"https://\"",
                "Bearer realm=\"https://user:secret@auth.example/token\"",
                "Bearer realm=\"https://auth example/\"",
                "Bearer realm=\"file:///etc/passwd\""
            })
    void prefersBasicToARealmThatCannotBeAsked(String unusable) {
        assertThat(challenged(as(ALICE), Optional.empty(), unusable, BASIC)).isEqualTo(ALICE_HEADER);
        assertThat(failure(() -> challenged(unusable)).getMessage())
                .isEqualTo("Unauthorized: got 401 with challenges bearer, wanted Basic, or Bearer with a realm");
        assertThat(realm.asked).isEmpty();
    }

    @Test
    void sendsBasicAtOnceFromThenOn() {
        kept.put(HOST, ALICE);
        assertThat(challenged(BASIC)).isEqualTo(ALICE_HEADER);
        assertThat(first()).contains(ALICE_HEADER);
        assertThat(first(PULL, as(new Credential.BearerToken("t")))).isEmpty();
    }

    @Test
    void basicThatIsRefusedIsTheEnd() {
        assertUnauthorized(() -> challenged(as(ALICE), Optional.of(ALICE_HEADER), BASIC));
    }

    @Test
    void saysWhoCouldBeAskedForWhenNobodyIsKnown() {
        assertThat(failure(() -> challenged(BASIC)).getMessage())
                .isEqualTo("Unauthorized: got 401 as anonymous, wanted a user; `varve login registry.example`");
    }

    @Test
    void challengesThatAreNoneAreUnauthorized() {
        assertThat(failure(() -> challenged()).getMessage())
                .isEqualTo("Unauthorized: got 401 with no challenge, wanted Basic, or Bearer with a realm");
        assertUnauthorized(() -> challenged("Negotiate", "NTLM abc=", "\"", ""));
        assertThat(failure(() -> challenged("a".repeat(9000))).getMessage()).hasSizeLessThan(250);
    }

    @Test
    void sendsATokenThatIsKeptAsItIs() {
        Access access = as(new Credential.BearerToken("own"));
        assertThat(challenged(access, Optional.empty(), "Bearer realm=\"registry\""))
                .isEqualTo("Bearer own");
        assertThat(first(PULL, access)).contains("Bearer own");
        assertThat(realm.asked).isEmpty();
        assertThat(first())
                .as("others cannot ask that realm, and are asked again")
                .isEmpty();
        assertUnauthorized(() -> challenged(access, Optional.of("Bearer own"), BEARER));
        assertUnauthorized(() -> challenged(access, Optional.empty(), BASIC));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "a\\r\\nX: y", "\\u00e4", "\\u0000"})
    void refusesATokenThatCannotStandInAHeader(String token) {
        realm.gives(token);
        Failure failure = failure(() -> challenged(BEARER));
        assertThat(failure.category()).isEqualTo(Category.INVALID);
        assertThat(failure.getMessage()).doesNotContain("X: y");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[]", "token", "{\"token\":7}", "{\"token\":\"\"}", "{\"token\":\"secret", "{}"})
    void refusesAnAnswerWithoutAToken(String body) {
        realm.says(200, body);
        Failure failure = failure(() -> challenged(BEARER));
        assertThat(failure.category()).isEqualTo(Category.INVALID);
        assertThat(failure.getMessage()).doesNotContain("secret");
    }

    @ParameterizedTest
    @CsvSource({
        "400, UNAUTHORIZED",
        "401, UNAUTHORIZED",
        "403, UNAUTHORIZED",
        "404, INVALID",
        "302, INVALID",
        "429, UNAVAILABLE",
        "500, UNAVAILABLE",
        "503, UNAVAILABLE"
    })
    void saysWhyTheRealmRefuses(int status, Category category) {
        realm.says(status, "{\"details\":\"incorrect username or password\"}");
        Failure failure = failure(() -> challenged(as(ALICE), Optional.empty(), BEARER));
        assertThat(failure.category()).isEqualTo(category);
        assertThat(failure.getMessage())
                .isEqualTo(category + ": ask https://auth.example for a token: got " + status
                        + " (incorrect username or password) as user alice, wanted 200");
    }

    @Test
    void asksTheRegistryAgainWhenTheRealmOfLastTimeRefuses() {
        realm.gives("t1").says(403, "").gives("t2");
        challenged(BEARER);
        Scope other = Scope.pull("team/other");
        assertThat(first(other, Access.DEFAULT)).isEmpty();
        assertThat(first(other, Access.DEFAULT))
                .as("nor is the realm asked again")
                .isEmpty();
        assertThat(realm.asked).hasSize(2);
        assertThat(value(tokens.challenged(
                        ENDPOINT,
                        HOST,
                        other,
                        Access.DEFAULT,
                        List.of("Bearer realm=\"https://new.example/\""),
                        Optional.empty())))
                .isEqualTo("Bearer t2");
    }

    @Test
    void realmThatIsDownFailsTheRequest() {
        realm.gives("t1").says(503, "");
        challenged(BEARER);
        assertThat(failure(() -> first(Scope.pull("team/other"), Access.DEFAULT))
                        .category())
                .isEqualTo(Category.UNAVAILABLE);
    }

    @Test
    void exchangesARefreshTokenByOAuth2() {
        kept.put(HOST, new Credential.RefreshToken("", "r&1"));
        realm.gives("t1");
        assertThat(challenged(BEARER)).isEqualTo("Bearer t1");
        assertThat(realm.last().realm()).hasToString(REALM);
        assertThat(realm.last().form())
                .contains("grant_type=refresh_token&client_id=varve&service=registry.example"
                        + "&scope=repository%3Ateam%2Fapp%3Apull&refresh_token=r%261");
    }

    @Test
    void usesTheRefreshTokenThatCameInItsPlace() {
        kept.put(HOST, new Credential.RefreshToken("", "r1"));
        realm.says(200, "{\"access_token\":\"t1\",\"refresh_token\":\"r2\"}");
        challenged(BEARER);
        realm.gives("t2");
        first(Scope.pull("team/other"), Access.DEFAULT);
        assertThat(realm.last().form().orElseThrow()).endsWith("refresh_token=r2");
        realm.says(503, "");
        failure(() -> first(Scope.pull("team/third"), Access.DEFAULT));
        realm.says(400, "{\"error\":\"invalid_grant\"}").gives("t4");
        assertUnauthorized(
                () -> challenged(Access.DEFAULT, Optional.of("Bearer t1"), BEARER.replace(".example/", ".example/2")));
        assertThat(realm.last().form().orElseThrow())
                .as("a realm that was down is no reason")
                .endsWith("=r2");
        challenged(BEARER.replace(".example/", ".example/2"));
        assertThat(realm.last().form().orElseThrow())
                .as("what is refused is not used again")
                .endsWith("=r1");
    }

    @ParameterizedTest
    @ValueSource(ints = {404, 405})
    void realmWithoutOAuth2IsGivenTheRefreshTokenAsThePasswordOfItsUser(int status) {
        kept.put(HOST, new Credential.RefreshToken("alice", "r1"));
        realm.says(status, "").gives("t1");
        assertThat(challenged(BEARER)).isEqualTo("Bearer t1");
        assertThat(realm.last().authorization()).contains(Authorization.basic("alice", "r1"));
        assertThat(realm.asked).hasSize(2);
    }

    @Test
    void realmWithoutOAuth2IsNotAskedAsNobodyInstead() {
        kept.put(HOST, new Credential.RefreshToken("", "r1"));
        realm.says(405, "").gives("t1");
        failure(() -> challenged(BEARER));
        assertThat(realm.asked).hasSize(1);
    }

    @Test
    void keepsABoundedNumberOfTokens() {
        AtomicInteger count = new AtomicInteger();
        realm.always(_ -> FakeRealm.answer(200, "{\"token\":\"t" + count.incrementAndGet() + "\"}"));
        challenged(BEARER);
        for (int i = 0; i < 3000; i++) {
            assertThat(first(Scope.pull("team/app" + i), as(ALICE))).isPresent();
        }
        int before = count.get();
        for (int i = 0; i < 3000; i++) {
            first(Scope.pull("team/app" + i), as(ALICE));
        }
        assertThat(count.get() - before).as("fetched again").isGreaterThan(1500);
    }

    /** Whatever goes wrong, and whatever a peer says again. */
    @Test
    void noSecretIsEverSaid() {
        String secret = "sEcReT&1";
        String encoded = Authorization.encoded("alice", secret);
        String body = "{\"errors\":[{\"code\":\"no " + secret + "\",\"detail\":\"sEcReT%261\"},\"" + encoded + "\"]}";
        List<Credential> credentials = List.of(
                new Credential.Basic("alice", secret),
                new Credential.RefreshToken("alice", secret),
                new Credential.BearerToken(secret));
        List<String> said = new ArrayList<>();
        for (Credential credential : credentials) {
            Access access = as(credential);
            said.add(access.toString());
            said.add(Identity.of(Optional.of(credential)).toString());
            for (int status : new int[] {200, 400, 401, 404, 405, 429, 500}) {
                for (String challenge : List.of(BEARER, BASIC, "Negotiate", "Bearer realm=x")) {
                    realm.says(status, body).says(status, body);
                    for (Optional<String> sent : List.of(
                            Optional.<String>empty(),
                            Optional.of("Bearer " + secret),
                            Optional.of("Basic " + encoded))) {
                        Future<String> answer =
                                tokens.challenged(ENDPOINT, HOST, PULL, access, List.of(challenge), sent);
                        try {
                            value(answer);
                        } catch (Failure e) {
                            for (Throwable each = e; each != null; each = each.getCause()) {
                                said.add(String.valueOf(each));
                            }
                        }
                    }
                }
            }
        }
        said.add(new Token(secret, new Demand.Bearer(null, "", PULL), now).toString());
        assertThat(said)
                .hasSizeGreaterThan(200)
                .allSatisfy(text -> assertThat(text).doesNotContain("sEcReT").doesNotContain(encoded));
    }

    @ParameterizedTest
    @CsvSource({"1000, true", "65000, false"})
    void ofTokensAFewMegabytesAreKept(int length, boolean all) {
        AtomicInteger asked = new AtomicInteger();
        realm.always(
                each -> FakeRealm.answer(200, "{\"token\":\"" + "t".repeat(length) + asked.incrementAndGet() + "\"}"));
        challenged(BEARER);

        for (int times = 0; times < 2; times++) {
            for (int i = 1; i < 200; i++) {
                first(Scope.pull("team/app" + i), Access.DEFAULT);
            }
        }

        assertThat(tokens.kept()).isBetween(200L * 1000, 4L << 20);
        assertThat(asked.get() == 200).isEqualTo(all);
    }

    @Test
    void tokensThatAreOverAreNotKept() {
        realm.gives("t1");
        challenged(BEARER);
        assertThat(tokens.kept()).isPositive();

        later(Duration.ofMinutes(5));

        assertThat(tokens.kept()).isZero();
    }
}
