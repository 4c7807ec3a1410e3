package io.varve.api;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.varve.auth.Action;
import io.varve.auth.Caller;
import io.varve.auth.TokenKeys;
import io.varve.auth.TokenVerifier;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Digest;
import io.varve.oci.Reference;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.HostAndPort;
import java.security.cert.Certificate;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.Supplier;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/**
 * Who asks, and whether he may: by a token (RFC 6750, section 2.1), else by the certificate of his connection, else by nothing
 * where everybody may. Decides at once, so that no body waits for it. Belongs to one event loop.
 */
final class Gate {
    static final String TOKEN_PATH = "/v1/token";
    private static final String SERVICE = "varve";

    /** Tokens that were good, by their digests, so that no signature is verified for each request. */
    private static final int REMEMBERED = 10_000;

    private final ApiSecurity security;
    private final Supplier<String> address;
    private final Predicate<String> ours;
    private final InstantSource clock;
    private final Cache<Digest, TokenVerifier.Verified> good = Caffeine.newBuilder()
            .maximumSize(REMEMBERED)
            // On the event loop: there is little to do.
            .executor(Runnable::run)
            .build();
    private @Nullable TokenVerifier verifier;

    /**
     * @param address where we listen
     * @param ours whether a host's name or address is one of ours
     */
    Gate(ApiSecurity security, Supplier<String> address, Predicate<String> ours, InstantSource clock) {
        this.security = security;
        this.address = address;
        this.ours = ours;
        this.clock = clock;
    }

    /** From now on only these keys hold, for whoever was let in before too. */
    void hold(TokenKeys keys) {
        TokenFiles tokens = security.tokens();
        if (tokens != null) {
            verifier = new TokenVerifier(keys, tokens.rules(), clock);
            good.invalidateAll();
        }
    }

    /**
     * @param actions what is asked for, of which one will do; none for what everybody may ask
     * @throws Refused when he does not say who he is (401), or may not (403)
     */
    Caller admit(HttpServerRequest request, List<Action> actions) {
        refuseOtherSites(request);
        if (isLocal(request)) {
            return Caller.ANYBODY;
        }
        if (!security.authenticates()) {
            refuseOtherHosts(request);
            return Caller.ANYBODY;
        }
        if (actions.isEmpty()) {
            return Caller.ANYBODY;
        }
        Caller caller = caller(request);
        if (actions.stream().noneMatch(caller.scopes()::allow)) {
            Action action = actions.getFirst();
            throw Refused.scope(
                    action, challenge(request) + ", error=\"insufficient_scope\", scope=\"" + action + "\"");
        }
        return caller;
    }

    /** A browser sends what a page of anybody's wants, from where only its user may ask, with his certificate; and says so. */
    private static void refuseOtherSites(HttpServerRequest request) {
        String site = request.getHeader("Sec-Fetch-Site");
        boolean reads =
                request.method().equals(HttpMethod.GET) || request.method().equals(HttpMethod.HEAD);
        if (site != null && !reads && !site.equals("same-origin") && !site.equals("none")) {
            throw Refused.otherSite(site);
        }
    }

    /** Whoever owns a name can have it lead here, and then his pages are this host's own to the browser of somebody on this machine. */
    private void refuseOtherHosts(HttpServerRequest request) {
        HostAndPort asked = request.authority();
        if (asked != null && !ours.test(asked.host())) {
            throw Refused.otherHost(asked.host());
        }
    }

    /** By the socket of the store, which only those can reach who may do everything to that anyway. */
    static boolean isLocal(HttpServerRequest request) {
        return request.connection().localAddress().isDomainSocket();
    }

    private Caller caller(HttpServerRequest request) {
        List<String> shown = request.headers().getAll(HttpHeaders.AUTHORIZATION);
        if (shown.isEmpty()) {
            return byCertificate(request)
                    .orElseThrow(() -> Refused.unknown(
                            Failure.of(Category.UNAUTHORIZED, "got no token, wanted one to know who asks"),
                            challenge(request)));
        }
        try {
            return verified(bearer(shown)).caller();
        } catch (Failure e) {
            throw Refused.unknown(e, challenge(request) + ", error=\"invalid_token\"");
        }
    }

    private static String bearer(List<String> shown) {
        String header = shown.getFirst();
        if (shown.size() > 1 || !header.regionMatches(true, 0, "Bearer ", 0, 7)) {
            throw Failure.of(Category.UNAUTHORIZED, "Authorization: wanted it once, and Bearer in front of a token");
        }
        return header.substring(7).strip();
    }

    private TokenVerifier.Verified verified(String token) {
        TokenVerifier verifying = verifier;
        if (verifying == null) {
            throw Failure.of(Category.UNAUTHORIZED, "no tokens are taken here");
        }
        Digest digest = Digest.sha256(token.getBytes(UTF_8));
        TokenVerifier.Verified known = good.getIfPresent(digest);
        if (known != null && clock.instant().isBefore(known.until())) {
            return known;
        }
        TokenVerifier.Verified verified = verifying.verify(token);
        good.put(digest, verified);
        return verified;
    }

    /** The handshake has checked who signed it; a connection may last longer than it. */
    private Optional<Caller> byCertificate(HttpServerRequest request) {
        if (security.certificates().isEmpty() || !request.isSSL()) {
            return Optional.empty();
        }
        try {
            Certificate shown = request.connection().peerCertificates().getFirst();
            if (shown instanceof X509Certificate certificate) {
                certificate.checkValidity();
                return security.certificates().find(certificate);
            }
            return Optional.empty();
        } catch (SSLPeerUnverifiedException | CertificateExpiredException | CertificateNotYetValidException e) {
            return Optional.empty();
        }
    }

    /**
     * For clients of registries, which have a user and a password to show and want a token for it: the password is the token, and
     * the user's name says nothing.
     *
     * @return how long it is good
     * @throws Refused when it is not
     */
    Granted exchange(HttpServerRequest request) {
        try {
            String header = String.valueOf(request.getHeader(HttpHeaders.AUTHORIZATION));
            if (!header.regionMatches(true, 0, "Basic ", 0, 6)) {
                throw Failure.of(Category.UNAUTHORIZED, "wanted a user, and a token as the password");
            }
            String pair = new String(decoded(header.substring(6).strip()), US_ASCII);
            String token = pair.substring(pair.indexOf(':') + 1);
            return new Granted(token, verified(token).until());
        } catch (Failure e) {
            throw Refused.unknown(e, "Basic realm=\"" + SERVICE + "\"");
        }
    }

    /** A token, and when it is over. */
    record Granted(String token, Instant until) {
        /** Without it. */
        @Override
        public String toString() {
            return "token until " + until;
        }
    }

    private static byte[] decoded(String text) {
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            throw Failure.of(Category.UNAUTHORIZED, "Authorization: wanted base64 behind Basic");
        }
    }

    /** Where he came to us is where he gets on. */
    private String challenge(HttpServerRequest request) {
        HostAndPort asked = request.authority();
        String host = asked != null && Reference.isRegistry(asked.toString()) ? asked.toString() : address.get();
        String scheme = request.isSSL() || security.plain() ? "https" : "http";
        return "Bearer realm=\"" + scheme + "://" + host + TOKEN_PATH + "\", service=\"" + SERVICE + "\"";
    }
}
