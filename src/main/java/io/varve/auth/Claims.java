package io.varve.auth;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Failure;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;

/** What a token says (RFC 7519, section 4.1; RFC 8693, section 4.2, for {@code scope}), once its signature was verified. */
final class Claims {
    /** Further in the future than anybody means. */
    private static final double MOST_SECONDS = 1e11;

    private static final Pattern SUBJECT = Pattern.compile("[\\x20-\\x7e]{1,255}");

    private final ObjectNode claims;
    private final TokenRules rules;

    Claims(ObjectNode claims, TokenRules rules) {
        this.claims = claims;
        this.rules = rules;
    }

    /** @throws Failure Invalid when it is not for us, or not now */
    TokenVerifier.Verified verified(Instant now) {
        if (!rules.issuer().equals(claims.path("iss").textValue())) {
            throw Failure.invalid("iss: wanted " + rules.issuer());
        }
        if (!texts("aud").contains(rules.audience())) {
            throw Failure.invalid("aud: wanted " + rules.audience());
        }
        Instant until = time("exp").plus(rules.skew());
        if (!now.isBefore(until)) {
            throw Failure.invalid("exp: it is over");
        }
        for (String from : List.of("nbf", "iat")) {
            if (claims.has(from) && time(from).minus(rules.skew()).isAfter(now)) {
                throw Failure.invalid(from + ": it has not begun");
            }
        }
        String subject = claims.path("sub").textValue();
        if (subject == null || !SUBJECT.matcher(subject).matches()) {
            throw Failure.invalid("sub: wanted 1 to 255 visible characters of ASCII");
        }
        return new TokenVerifier.Verified(new Caller(rules.issuer() + " " + subject, scopes()), until);
    }

    private Instant time(String name) {
        JsonNode seconds = claims.path(name);
        if (!seconds.isNumber() || !(Math.abs(seconds.doubleValue()) <= MOST_SECONDS)) {
            throw Failure.invalid(name + ": wanted seconds since 1970");
        }
        return Instant.ofEpochMilli((long) (seconds.doubleValue() * 1000));
    }

    /** What is a list of one may be written without the list. */
    private List<String> texts(String name) {
        JsonNode value = claims.path(name);
        if (value.isTextual()) {
            return List.of(value.textValue());
        }
        List<String> texts = new ArrayList<>();
        for (JsonNode each : value) {
            if (!value.isArray() || !each.isTextual()) {
                throw Failure.invalid(name + ": wanted texts");
            }
            texts.add(each.textValue());
        }
        return texts;
    }

    private Scopes scopes() {
        JsonNode scope = claims.path("scope");
        if (!scope.isMissingNode() && !scope.isTextual()) {
            throw Failure.invalid("scope: wanted a text");
        }
        List<String> all = new ArrayList<>(Arrays.asList(scope.asText().split(" ")));
        all.addAll(texts("scopes"));
        return Scopes.known(all);
    }
}
