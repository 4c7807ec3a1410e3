package io.varve.registry;

import com.fasterxml.jackson.databind.JsonNode;
import io.varve.failure.Failure;
import io.varve.oci.Json;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What the body of a refusal says, for a message: the {@code errors} of the distribution specification, or what token
 * servers write instead. One line, bounded, and never a secret that the peer was sent and says again.
 */
final class ErrorBody {
    /** The most bytes that are looked at; what is longer says nothing. */
    static final int LIMIT = 64 << 10;

    private static final int SHOWN = 300;
    private static final int ERRORS_SHOWN = 3;
    private static final String HIDDEN = "***";

    /** Where token servers put their reasons, the better first. */
    private static final List<String> REASONS =
            List.of("error_description", "details", "detail", "message", "error", "title");

    private static final Pattern NOT_SHOWN = Pattern.compile("[\\p{C}\\p{Z}]+");

    private ErrorBody() {}

    /**
     * @param secrets what must not be shown, as it was before it was encoded: passwords and tokens
     * @return {@code MANIFEST_UNKNOWN: manifest unknown}; empty when the body says nothing that can be shown
     */
    static String told(byte[] body, Collection<String> secrets) {
        if (body.length > LIMIT) {
            return "";
        }
        String told;
        try {
            told = told(Json.read(body, LIMIT));
        } catch (Failure notJson) {
            return "";
        }
        // First, so that half of a secret is never left.
        for (String secret : secrets) {
            if (!secret.isEmpty()) {
                told = told.replace(secret, HIDDEN).replace(URLEncoder.encode(secret, StandardCharsets.UTF_8), HIDDEN);
            }
        }
        String line = NOT_SHOWN.matcher(told).replaceAll(" ").strip();
        if (line.length() <= SHOWN) {
            return line;
        }
        int end = Character.isHighSurrogate(line.charAt(SHOWN - 1)) ? SHOWN - 1 : SHOWN;
        return line.substring(0, end) + "…";
    }

    private static String told(JsonNode body) {
        JsonNode errors = body.path("errors");
        if (!errors.isArray()) {
            return REASONS.stream()
                    .map(body::path)
                    .map(ErrorBody::text)
                    .filter(text -> !text.isEmpty())
                    .findFirst()
                    .orElse("");
        }
        List<String> all = new ArrayList<>();
        for (JsonNode error : errors) {
            if (all.size() == ERRORS_SHOWN) {
                break;
            }
            String one = error.isTextual() ? error.textValue() : one(error);
            if (!one.isEmpty()) {
                all.add(one);
            }
        }
        return String.join("; ", all);
    }

    /** Of the details only a text is for people: most are lists of what was asked for. */
    private static String one(JsonNode error) {
        return String.join(
                ": ",
                Stream.of("code", "message", "detail")
                        .map(error::path)
                        .map(ErrorBody::text)
                        .filter(text -> !text.isEmpty())
                        .distinct()
                        .toList());
    }

    private static String text(JsonNode node) {
        return node.isTextual() || node.isNumber() ? node.asText().strip() : "";
    }
}
