package io.varve.auth;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Failure;
import io.varve.oci.Reference;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenVerifierTest {
    private static final Issuer ISSUER = new Issuer();
    private final Instant begun = Instant.now();
    private static final TokenRules RULES = new TokenRules(Issuer.NAME, Issuer.AUDIENCE, Duration.ofSeconds(60));

    private static final String HEADER = "{\"alg\":\"HS256\",\"kid\":\"hs256\"}";
    private final String plain = "{\"iss\":\"" + Issuer.NAME + "\",\"aud\":\"varve\",\"sub\":\"a\",\"exp\":"
            + begun.plusSeconds(60).getEpochSecond() + "}";

    private final TokenVerifier verifier =
            new TokenVerifier(TokenKeys.read(ISSUER.jwks().getBytes(UTF_8)), RULES, InstantSource.fixed(begun));

    private void assertRefused(String token, String wrong) {
        assertThatThrownBy(() -> verifier.verify(token))
                .isInstanceOf(Failure.class)
                .hasMessageStartingWith("Unauthorized: token: ")
                .hasMessageContaining(wrong)
                .message()
                .satisfies(message -> {
                    for (String part : token.split("\\.", -1)) {
                        if (part.length() > 8) {
                            assertThat(message).doesNotContain(part);
                        }
                    }
                });
    }

    private static String with(Consumer<ObjectNode> changing) {
        return ISSUER.token("HS256", changing);
    }

    @ParameterizedTest
    @ValueSource(strings = {"HS256", "RS256", "ES256", "EdDSA"})
    void goodOnesAreTakenAndChangedOnesAreNot(String algorithm) {
        String token = ISSUER.token(algorithm, claims -> claims.put("scope", "read:registry.example/a pull openid"));

        TokenVerifier.Verified verified = verifier.verify(token);

        assertThat(verified.caller().name()).isEqualTo(Issuer.NAME + " somebody");
        assertThat(verified.until()).isAfter(begun.plusSeconds(3600)).isBefore(begun.plusSeconds(3700));
        Scopes scopes = verified.caller().scopes();
        assertThat(scopes.allowAll(Action.PULL)).isTrue();
        assertThat(scopes.allowAll(Action.READ)).isFalse();
        assertThat(scopes.allow(Action.READ, Reference.parse("registry.example/a:1")))
                .isTrue();
        assertThat(scopes.allow(Action.ADMIN)).isFalse();

        String[] parts = token.split("\\.", -1);
        String other =
                ISSUER.token(algorithm, claims -> claims.put("sub", "else")).split("\\.", -1)[1];
        assertRefused(parts[0] + "." + other + "." + parts[2], "the signature is not that of its key");
        assertRefused(parts[0] + "." + parts[1] + ".", "the signature is not that of its key");
        assertRefused(parts[0] + "." + parts[1] + "." + Issuer.encoded(new byte[64]), "the signature");
        char last = token.charAt(token.length() - 1);
        assertThatThrownBy(() ->
                        verifier.verify(token.substring(0, token.length() - 1) + (char) (last == 'z' ? 'y' : last + 1)))
                .isInstanceOf(Failure.class);
    }

    @Test
    void keysAreForTheirOwnAlgorithmOnly() {
        for (String none : new String[] {"none", "None", "nOnE", ""}) {
            assertRefused(
                    Issuer.encoded("{\"alg\":\"" + none + "\"}") + "." + Issuer.encoded(plain) + ".", "alg: wanted");
        }
        assertRefused(Issuer.encoded("{}") + "." + Issuer.encoded(plain) + ".", "alg: wanted");
        // As if the public key were a secret.
        String signed = Issuer.encoded("{\"alg\":\"HS256\",\"kid\":\"rs256\"}") + "." + Issuer.encoded(plain);
        assertRefused(
                signed + "." + Issuer.encoded(Issuer.mac(ISSUER.publicBytes(), signed.getBytes(UTF_8))),
                "there is no key of its kid for HS256");
        assertRefused(
                ISSUER.signed("RS256", "{\"alg\":\"RS256\",\"kid\":\"es256\"}", plain),
                "there is no key of its kid for RS256");
        assertRefused(ISSUER.signed("RS256", "{\"alg\":\"RS512\",\"kid\":\"rs256\"}", plain), "alg: wanted");
        assertRefused(ISSUER.signed("HS256", "{\"alg\":\"hs256\",\"kid\":\"hs256\"}", plain), "alg: wanted");
        assertRefused(ISSUER.signed("HS256", "{\"alg\":\"HS256\",\"kid\":\"other\"}", plain), "no key of its kid");
        assertRefused(ISSUER.signed("HS256", "{\"alg\":\"HS256\",\"kid\":1}", plain), "kid: wanted a text");
        assertRefused(new Issuer().token("HS256", claims -> {}), "the signature");
    }

    @Test
    void whoNamesNoKeyMeansTheOnlyOne() {
        assertThat(verifier.verify(ISSUER.signed("HS256", "{\"alg\":\"HS256\"}", plain))
                        .caller()
                        .name())
                .endsWith(" a");
    }

    @Test
    void keysThatATokenBringsAreNotLookedAt() {
        String own = new Issuer().jwks();
        String first = own.substring(own.indexOf('[') + 1, own.indexOf('}') + 1);
        assertRefused(
                new Issuer()
                        .signed(
                                "HS256",
                                "{\"alg\":\"HS256\",\"jku\":\"https://a.example\",\"jwk\":" + first + "}",
                                plain),
                "the signature");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{`alg`:`HS256`,`crit`:[`exp`],`exp`:1}  | crit: wanted none",
                "{`alg`:`HS256`,`crit`:[`b64`],`b64`:false} | crit: wanted none",
                "{`alg`:`HS256`,`typ`:`logout+jwt`}      | typ: wanted JWT or at+jwt",
                "{`alg`:`HS256`,`alg`:`HS256`}           | header: wanted a JSON object without a name that is there twice",
                "{`alg`:`HS256`} more                    | header: wanted a JSON object",
                "[]                                      | header: wanted a JSON object",
                "secretsecret                            | header: wanted a JSON object",
            })
    void headersThatSayMoreThanIsUnderstoodAreRefused(String header, String wrong) {
        assertRefused(ISSUER.signed("HS256", header.replace('`', '"'), plain), wrong);
    }

    @Test
    void whatIsNoTokenIsRefused() {
        String good = with(claims -> {});
        for (String token : new String[] {"", ".", "a.b", "a.b.c.d", good + ".", good + "." + good}) {
            assertRefused(token, "wanted a signed JWT");
        }
        assertRefused("..", "header: ");
        assertRefused(good + "=", "signature: wanted base64url");
        assertRefused(good.replaceFirst("^", " "), "header: wanted base64url");
        assertRefused(good.replaceFirst("\\.", "=."), "header: wanted base64url");
        assertRefused("a".repeat(8193), "got 8193 characters, wanted at most 8192");
        assertRefused(ISSUER.signed("HS256", HEADER, "[".repeat(500)), "claims: wanted a JSON object");
        assertRefused(
                ISSUER.signed("HS256", HEADER, plain.replace("\"sub\"", "\"exp\":99999999999,\"sub\"")),
                "claims: wanted a JSON object without a name that is there twice");
    }

    @Test
    void timesHoldWithinTheSkew() {
        long now = begun.getEpochSecond();
        assertThat(verifier.verify(with(claims -> claims.put("exp", now - 58)))).isNotNull();
        assertRefused(with(claims -> claims.put("exp", now - 61)), "exp: it is over");
        assertThat(verifier.verify(with(claims -> claims.put("nbf", now + 58)))).isNotNull();
        assertRefused(with(claims -> claims.put("nbf", now + 62)), "nbf: it has not begun");
        assertRefused(with(claims -> claims.put("iat", now + 62)), "iat: it has not begun");
        assertThat(verifier.verify(with(claims -> claims.put("exp", now + 0.5))))
                .isNotNull();
        assertRefused(with(claims -> claims.remove("exp")), "exp: wanted seconds");
        assertRefused(with(claims -> claims.put("exp", "" + (now + 60))), "exp: wanted seconds");
        assertRefused(with(claims -> claims.putNull("exp")), "exp: wanted seconds");
        assertRefused(ISSUER.signed("HS256", HEADER, plain.replaceFirst("\"exp\":\\d+", "\"exp\":1e400")), "exp: ");
        assertRefused(with(claims -> claims.put("nbf", "soon")), "nbf: wanted seconds");
    }

    @Test
    void issuerAudienceAndSubjectAreChecked() {
        assertRefused(with(claims -> claims.put("iss", "https://issuer.example/")), "iss: wanted " + Issuer.NAME);
        assertRefused(with(claims -> claims.remove("iss")), "iss: wanted");
        assertRefused(with(claims -> claims.putArray("iss").add(Issuer.NAME)), "iss: wanted");
        assertRefused(with(claims -> claims.put("aud", "others")), "aud: wanted varve");
        assertRefused(with(claims -> claims.remove("aud")), "aud: wanted varve");
        assertRefused(with(claims -> claims.putArray("aud").add(1)), "aud: wanted texts");
        assertThat(verifier.verify(
                        with(claims -> claims.putArray("aud").add("others").add("varve"))))
                .isNotNull();
        assertRefused(with(claims -> claims.remove("sub")), "sub: wanted");
        assertRefused(with(claims -> claims.put("sub", "")), "sub: wanted");
        assertRefused(with(claims -> claims.put("sub", "a\nb")), "sub: wanted");
        assertRefused(with(claims -> claims.put("sub", "a".repeat(256))), "sub: wanted");
    }

    @Test
    void scopesMayBeAListToo() {
        Scopes scopes = verifier.verify(
                        with(claims -> claims.putArray("scopes").add("admin").add("read:a.example/b")))
                .caller()
                .scopes();

        assertThat(scopes).isEqualTo(Scopes.known(List.of("admin", "read:a.example/b")));
        assertThat(verifier.verify(with(claims -> {})).caller().scopes()).isEqualTo(Scopes.NONE);
        assertRefused(with(claims -> claims.putArray("scope").add("admin")), "scope: wanted a text");
        assertRefused(with(claims -> claims.putArray("scopes").add(1)), "scopes: wanted texts");
    }

    @Test
    void rulesThatWouldTakeAnybodysTokensAreRefused() {
        assertThatThrownBy(() -> new TokenRules("", "a", Duration.ZERO)).hasMessageContaining("http.auth.issuer");
        assertThatThrownBy(() -> new TokenRules("a", "", Duration.ZERO)).hasMessageContaining("http.auth.audience");
        assertThatThrownBy(() -> new TokenRules("a", "b", Duration.ofMinutes(6)))
                .hasMessageContaining("http.auth.clockSkew: got 360s, wanted at most 300s");
    }
}
