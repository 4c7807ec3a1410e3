package io.varve.api;

import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;

/**
 * The page at {@code /}, for people. It asks what anybody may ask of the service, and brings nothing from elsewhere: its policy (CSP)
 * allows its own script and style by their digests, and nothing besides. Immutable.
 */
final class StatusPage {
    private static final String RESOURCE = "/status.html";

    private final byte[] html;
    private final String policy;

    private StatusPage(byte[] html) {
        this.html = html;
        String text = new String(html, StandardCharsets.UTF_8);
        policy = "default-src 'none'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none';"
                + " frame-ancestors 'none'; script-src " + digest(text, "script") + "; style-src "
                + digest(text, "style");
    }

    /** Reads the one that comes with us. Blocks. */
    static StatusPage read() {
        return new StatusPage(Resource.read(RESOURCE));
    }

    /** Of what stands in the only element of that name. */
    private static String digest(String html, String element) {
        String open = "<" + element + ">";
        int from = html.indexOf(open) + open.length();
        byte[] content =
                html.substring(from, html.indexOf("</" + element + ">", from)).getBytes(StandardCharsets.UTF_8);
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
            return "'sha256-" + Base64.getEncoder().encodeToString(digest) + "'";
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    Future<Void> get(Exchange exchange) {
        exchange.response()
                .putHeader("Content-Security-Policy", policy)
                .putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("Referrer-Policy", "no-referrer")
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-cache");
        return exchange.answer(200, "text/html; charset=utf-8", html);
    }
}
