package io.varve.registry;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Supplier;
import java.util.function.ToIntBiFunction;
import org.jspecify.annotations.Nullable;

/**
 * What is sent to whom. Remembered of each endpoint is what it demanded last, and of each who asked for what the token, so
 * that most requests are let in at once. All of it can be forgotten: the next 401 says it again.
 *
 * <p>A token is kept for the endpoint that demanded it, the host whose credentials it came of, what it allows, and who it
 * was issued to; no caller is sent as another one.
 */
final class Tokens implements Authorizer {
    /** Of each kind. What is longer than most counts as several: whoever issues a token decides how long it is. */
    private static final int MOST = 1024;

    /** Characters of what counts as one. */
    private static final int USUAL = 4 << 10;

    /** How long a credential is used without looking whether it was changed. */
    private static final Duration LOOKED_UP = Duration.ofMinutes(1);

    private static final int SHOWN = 100;

    private final Vertx vertx;
    private final Credentials credentials;
    private final TokenEndpoint realms;
    private final InstantSource clock;

    private final Cache<Place, Demand> demands;
    private final Cache<Key, Token> tokens;

    /** Refresh tokens that came in the place of those that are kept, and hold until another one comes. */
    private final Cache<Owner, String> renewed;

    private final Cache<Home, Found> found;

    private final ConcurrentMap<Flight, Future<Token>> flights = new ConcurrentHashMap<>();
    private final ConcurrentMap<Home, Future<Found>> searches = new ConcurrentHashMap<>();

    /** An endpoint and how it is reached: what came from whoever answers there without TLS is not for others. */
    private record Place(URI endpoint, String host, boolean plainHttp, boolean insecure) {
        int characters() {
            return endpoint.toString().length() + host.length();
        }
    }

    private record Owner(String host, Identity identity) {}

    private record Key(Place place, Scope scope, Identity identity) {
        int characters() {
            return place.characters() + scope.text().length();
        }
    }

    private record Flight(Key key, Demand.Bearer wanted) {}

    /** What a credential is kept for. */
    private record Home(String host, String repository) {
        int characters() {
            return host.length() + repository.length();
        }
    }

    private record Found(Optional<Credential> credential, Instant until) {}

    /** One request that wants to be let in. */
    private record Caller(Key key, Access access, Optional<Credential> credential) {
        Place place() {
            return key.place();
        }

        Scope scope() {
            return key.scope();
        }

        String who() {
            return credential.map(Object::toString).orElse("anonymous");
        }
    }

    Tokens(Vertx vertx, Credentials credentials, TokenTransport transport, InstantSource clock) {
        this.vertx = vertx;
        this.credentials = credentials;
        this.realms = new TokenEndpoint(transport, clock);
        this.clock = clock;
        demands = Tokens.<Place, Demand>bounded((place, demand) -> place.characters() + characters(demand))
                .build();
        tokens = Tokens.<Key, Token>bounded((key, token) -> key.characters() + characters(token))
                .expireAfter(Expiry.<Key, Token>writing((key, token) -> left(token.until())))
                .ticker(this::nanos)
                .build();
        renewed = Tokens.<Owner, String>bounded((owner, token) -> owner.host().length() + token.length())
                .build();
        found = Tokens.<Home, Found>bounded((home, found) -> home.characters())
                .expireAfter(Expiry.<Home, Found>writing((home, found) -> left(found.until())))
                .ticker(this::nanos)
                .build();
    }

    private static <K, V> Caffeine<K, V> bounded(ToIntBiFunction<K, V> characters) {
        return Caffeine.newBuilder()
                .maximumWeight((long) MOST * USUAL)
                .<K, V>weigher((key, value) -> Math.max(USUAL, characters.applyAsInt(key, value)))
                .executor(Runnable::run);
    }

    private static int characters(Token token) {
        return token.value().length() + characters(token.asked());
    }

    private static int characters(Demand demand) {
        return switch (demand) {
            case Demand.Basic _ -> 0;
            case Demand.Bearer bearer ->
                Objects.toString(bearer.realm(), "").length()
                        + bearer.service().length()
                        + bearer.scope().text().length();
        };
    }

    private Duration left(Instant until) {
        Duration left = Duration.between(clock.instant(), until);
        return left.isNegative() ? Duration.ZERO : left;
    }

    private long nanos() {
        return Duration.between(Instant.EPOCH, clock.instant()).toNanos();
    }

    /** Characters of the tokens that are kept, each of which counts as the usual many at least. */
    long kept() {
        tokens.cleanUp();
        return tokens.policy().eviction().orElseThrow().weightedSize().orElseThrow();
    }

    @Override
    public Future<Optional<String>> authorization(URI endpoint, String host, Scope scope, Access access) {
        Place place = new Place(endpoint, host, access.plainHttp(), access.insecure());
        Demand demand = demands.getIfPresent(place);
        if (demand == null) {
            return Future.succeededFuture(Optional.empty());
        }
        return here(caller(place, scope, access).compose(caller -> switch (demand) {
            case Demand.Basic _ -> Future.succeededFuture(basic(caller));
            case Demand.Bearer bearer -> bearer(caller, bearer);
        }));
    }

    private static Optional<String> basic(Caller caller) {
        return caller.credential().orElse(null) instanceof Credential.Basic basic
                ? Optional.of(Authorization.basic(basic.user(), basic.password()))
                : Optional.empty();
    }

    /** A token for what the caller wants, before anybody demanded one of it. */
    private Future<Optional<String>> bearer(Caller caller, Demand.Bearer remembered) {
        Token kept = usable(caller.key());
        Future<String> header = kept == null
                ? header(caller, remembered.withScope(caller.scope().with(Scope.NONE)))
                : Future.succeededFuture(Authorization.bearer(kept.value()));
        return header.map(Optional::of).recover(thrown -> {
            demands.asMap().remove(caller.place(), remembered);
            return switch (Failure.from(thrown).category()) {
                // It may demand something else of this caller, or by now, and says so when it is asked.
                case UNAUTHORIZED, INVALID, NOT_FOUND, MISMATCH -> Future.succeededFuture(Optional.empty());
                case UNAVAILABLE, EXCEEDED, CONFLICT, CANCELLED, INTERNAL -> Future.failedFuture(thrown);
            };
        });
    }

    @Override
    public Future<String> challenged(
            URI endpoint, String host, Scope scope, Access access, List<String> challenges, Optional<String> sent) {
        Place place = new Place(endpoint, host, access.plainHttp(), access.insecure());
        List<Challenge> offered = Challenges.parse(challenges);
        if (sent.isPresent()) {
            // Somebody may have logged in meanwhile.
            found.invalidate(new Home(host, scope.repository()));
        }
        return here(caller(place, scope, access).compose(caller -> {
            Demand demand = Demand.best(offered, caller.credential()).orElseThrow(() -> unanswerable(offered));
            Future<String> better =
                    switch (demand) {
                        case Demand.Basic _ ->
                            Future.succeededFuture(basic(caller).orElseThrow(() -> stranger(caller)));
                        case Demand.Bearer bearer -> demanded(caller, bearer, sent);
                    };
            return better.map(header -> {
                demands.put(place, remembered(demand));
                if (sent.isPresent() && sent.get().equals(header)) {
                    throw refused(caller);
                }
                return header;
            });
        }));
    }

    /** What is demanded of one repository says nothing of the scope of the next one. */
    private static Demand remembered(Demand demand) {
        return switch (demand) {
            case Demand.Basic basic -> basic;
            case Demand.Bearer bearer -> bearer.withScope(Scope.NONE);
        };
    }

    private Future<String> demanded(Caller caller, Demand.Bearer demand, Optional<String> sent) {
        Key key = caller.key();
        Demand.Bearer wanted = demand.withScope(caller.scope().with(demand.scope()));
        // However young it is: registries forget tokens when they start anew.
        sent.ifPresent(refused -> forget(key, refused));
        Token other = usable(key);
        return other != null && other.asked().covers(wanted)
                ? Future.succeededFuture(Authorization.bearer(other.value()))
                : header(caller, wanted);
    }

    private void forget(Key key, String refused) {
        Token kept = tokens.getIfPresent(key);
        if (kept != null && refused.equals(Authorization.bearer(kept.value()))) {
            tokens.asMap().remove(key, kept);
        }
    }

    @Override
    public Future<Failure> refused(URI endpoint, String host, Scope scope, Access access, String sent) {
        Place place = new Place(endpoint, host, access.plainHttp(), access.insecure());
        return here(caller(place, scope, access).map(caller -> {
            forget(caller.key(), sent);
            return refused(caller);
        }));
    }

    /** What is kept and will be accepted still, or null. */
    private @Nullable Token usable(Key key) {
        Token kept = tokens.getIfPresent(key);
        return kept != null && clock.instant().isBefore(kept.until()) ? kept : null;
    }

    /** A token that has to be asked for, unless ours is one to be sent as it is. */
    private Future<String> header(Caller caller, Demand.Bearer wanted) {
        URI realm = wanted.realm();
        if (caller.credential().orElse(null) instanceof Credential.BearerToken own) {
            return Future.succeededFuture(Authorization.bearer(own.token()));
        }
        if (realm == null) {
            return Future.failedFuture(Failure.invalid("got Bearer without a realm, wanted whom to ask for a token"));
        }
        return joined(flights, new Flight(caller.key(), wanted), () -> fetch(caller, realm, wanted))
                .map(token -> Authorization.bearer(token.value()));
    }

    private Future<Token> fetch(Caller caller, URI realm, Demand.Bearer wanted) {
        Key key = caller.key();
        Owner owner = new Owner(key.place().host(), key.identity());
        String newer = renewed.getIfPresent(owner);
        Optional<Credential> credential =
                newer == null ? caller.credential() : caller.credential().map(kept -> renewed(kept, newer));
        return realms.token(realm, wanted, caller.place().endpoint(), caller.access(), credential)
                .onFailure(thrown -> {
                    if (Failure.from(thrown).category() == Category.UNAUTHORIZED) {
                        renewed.invalidate(owner);
                    }
                })
                .map(issued -> {
                    if (issued.refreshToken() != null) {
                        renewed.put(owner, issued.refreshToken());
                    }
                    tokens.put(key, issued.token());
                    return issued.token();
                });
    }

    private static Credential renewed(Credential kept, String newer) {
        return kept instanceof Credential.RefreshToken refresh
                ? new Credential.RefreshToken(refresh.user(), newer)
                : kept;
    }

    private Future<Caller> caller(Place place, Scope scope, Access access) {
        if (access.credential() != null) {
            return Future.succeededFuture(caller(place, scope, access, Optional.of(access.credential())));
        }
        Home home = new Home(place.host(), scope.repository());
        Found known = found.getIfPresent(home);
        Future<Found> search = known != null && clock.instant().isBefore(known.until())
                ? Future.succeededFuture(known)
                : here(joined(searches, home, () -> search(home)));
        return search.map(found -> caller(place, scope, access, found.credential()));
    }

    private static Caller caller(Place place, Scope scope, Access access, Optional<Credential> credential) {
        return new Caller(new Key(place, scope, Identity.of(credential)), access, credential);
    }

    private Future<Found> search(Home home) {
        return vertx.executeBlocking(
                        () -> {
                            Optional<Credential> credential = credentials.find(home.host(), home.repository());
                            Found now = new Found(credential, clock.instant().plus(LOOKED_UP));
                            found.put(home, now);
                            return now;
                        },
                        false)
                .map(Objects::requireNonNull);
    }

    /** What is under way for the same already, or else what {@code begin} begins; a failure is of all who joined it. */
    private static <K, V> Future<V> joined(ConcurrentMap<K, Future<V>> going, K key, Supplier<Future<V>> begin) {
        Promise<V> own = Promise.promise();
        Future<V> other = going.putIfAbsent(key, own.future());
        if (other != null) {
            return other;
        }
        Future.succeededFuture().compose(_ -> begin.get()).onComplete(done -> {
            going.remove(key, own.future());
            own.handle(done);
        });
        return own.future();
    }

    /** Of what others may have begun, what comes of it on the caller's own context. */
    private <T> Future<T> here(Future<T> shared) {
        if (shared.isComplete()) {
            return shared;
        }
        Context context = vertx.getOrCreateContext();
        Promise<T> own = Promise.promise();
        shared.onComplete(done -> context.runOnContext(_ -> own.handle(done)));
        return own.future();
    }

    private static Failure unanswerable(List<Challenge> offered) {
        String schemes =
                String.join(", ", offered.stream().map(Challenge::scheme).toList());
        return Failure.of(
                Category.UNAUTHORIZED,
                "got 401 with "
                        + (schemes.isEmpty()
                                ? "no challenge"
                                : "challenges " + schemes.substring(0, Math.min(SHOWN, schemes.length())))
                        + ", wanted Basic, or Bearer with a realm");
    }

    /** A user is demanded, and we have none. */
    private static Failure stranger(Caller caller) {
        return Failure.of(
                Category.UNAUTHORIZED,
                "got 401 as " + caller.who() + ", wanted a user; `varve login "
                        + caller.place().host() + "`");
    }

    /** Nothing better can be had. */
    private static Failure refused(Caller caller) {
        return Failure.of(
                Category.UNAUTHORIZED,
                "got 401 as " + caller.who() + " again, wanted somebody who may do this; `varve login "
                        + caller.place().host() + "`");
    }
}
