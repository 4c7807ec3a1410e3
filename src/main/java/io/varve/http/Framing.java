package io.varve.http;

import io.varve.failure.Failure;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/**
 * How a request says where it ends. In HTTP/1 two readers may disagree about it, and then one of them takes for a request what was a
 * body to the other; so only what cannot be misunderstood is taken (RFC 9112, sections 3.2, 6 and 11.2). HTTP/2 has frames.
 */
public final class Framing {
    private static final String CHUNKED = "chunked";
    private static final Pattern CONTROL = Pattern.compile("[\\x00-\\x08\\x0a-\\x1f\\x7f]");
    private static final Pattern LENGTH = Pattern.compile("[0-9]{1,18}");
    private static final long FAREWELL_S = 60;

    private Framing() {}

    static boolean isHttp2(HttpServerRequest request) {
        return request.version() == HttpVersion.HTTP_2;
    }

    /** Whether a body was announced; with HTTP/2 it need not be. */
    public static boolean hasBody(HttpServerRequest request) {
        String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
        return length == null ? request.headers().contains(HttpHeaders.TRANSFER_ENCODING) : !length.equals("0");
    }

    /**
     * To be called before anything of the request is believed.
     *
     * @throws Failure Invalid when its end is open to doubt, or for which host it is; {@link Reader#hangUp} then
     */
    public static void check(HttpServerRequest request) {
        for (Map.Entry<String, String> header : request.headers()) {
            if (header.getKey().isEmpty() || CONTROL.matcher(header.getValue()).find()) {
                throw Failure.invalid("header " + header.getKey() + ": got control characters, or no name");
            }
        }
        if (!isHttp2(request)) {
            checkLines(request);
        }
    }

    private static void checkLines(HttpServerRequest request) {
        List<String> encodings = request.headers().getAll(HttpHeaders.TRANSFER_ENCODING);
        if (!encodings.isEmpty()
                && (encodings.size() > 1 || !encodings.getFirst().equalsIgnoreCase(CHUNKED))) {
            throw Failure.invalid("Transfer-Encoding: got " + String.join(", ", encodings) + ", wanted " + CHUNKED);
        }
        List<String> lengths = request.headers().getAll(HttpHeaders.CONTENT_LENGTH);
        if (lengths.size() > 1
                || (lengths.size() == 1 && !LENGTH.matcher(lengths.getFirst()).matches())) {
            throw Failure.invalid("Content-Length: got " + String.join(", ", lengths) + ", wanted one number");
        }
        List<String> hosts = request.headers().getAll(HttpHeaders.HOST);
        if (hosts.size() > 1 || (hosts.isEmpty() && request.version() == HttpVersion.HTTP_1_1)) {
            throw Failure.invalid("Host: got " + hosts.size() + " of them, wanted one");
        }
        if (request.version() == HttpVersion.HTTP_1_0 && !lengths.isEmpty()) {
            // There may have been two, of which we are shown the first.
            Future<Void> _ = request.connection().shutdown(FAREWELL_S, TimeUnit.SECONDS);
        }
    }
}
