package io.varve.api;

import io.varve.auth.Action;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.failure.Problem;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;

/** A failure with a status that says more than its category does, and headers that go with it. */
final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private static final int UNKNOWN = 401;
    private static final int FORBIDDEN = 403;
    private static final int METHOD = 405;
    private static final int TIMEOUT = 408;
    private static final int TOO_LARGE = 413;
    private static final int LONG_LINE = 414;
    private static final int MEDIA_TYPE = 415;
    private static final int RANGE = 416;
    private static final int MISDIRECTED = 421;
    private static final int UNPROCESSABLE = 422;
    private static final int TOO_MANY = 429;
    private static final int LARGE_HEAD = 431;
    private static final int ENDING = 503;
    private static final int VERSION = 505;

    private static final String CHALLENGE = "WWW-Authenticate";

    private final transient Problem problem;
    private final transient Map<String, String> headers;
    private final transient Map<String, Integer> facts;

    private Refused(Failure failure, int status, Map<String, String> headers) {
        this(failure, status, headers, Map.of());
    }

    private Refused(Failure failure, int status, Map<String, String> headers, Map<String, Integer> facts) {
        super(failure.getMessage(), failure, false, false);
        problem = Problem.of(failure, status);
        this.headers = headers;
        this.facts = facts;
    }

    /** @param challenge what would do */
    static Refused unknown(Failure wrong, String challenge) {
        return new Refused(wrong, UNKNOWN, Map.of(CHALLENGE, challenge));
    }

    static Refused scope(Action wanted, String challenge) {
        return new Refused(
                Failure.of(Category.UNAUTHORIZED, "wanted a scope " + wanted), FORBIDDEN, Map.of(CHALLENGE, challenge));
    }

    static Refused otherSite(String site) {
        return new Refused(
                Failure.of(
                        Category.UNAUTHORIZED,
                        "Sec-Fetch-Site: got " + site
                                + ", wanted same-origin: pages of other sites may not ask for this"),
                FORBIDDEN,
                Map.of());
    }

    static Refused otherHost(String host) {
        return new Refused(
                Failure.invalid("Host: got " + host
                        + ", wanted localhost, an address of loopback, or the setting http.publicName"),
                MISDIRECTED,
                Map.of());
    }

    /** @param allowed as {@code Allow} has it */
    static Refused method(String got, String allowed) {
        return new Refused(
                Failure.invalid("method: got " + got + ", wanted " + allowed), METHOD, Map.of("Allow", allowed));
    }

    static Refused slowBody(Duration patience) {
        return new Refused(
                Failure.of(
                        Category.EXCEEDED, "body: it did not come in " + patience.toMillis() + " ms (http.bodyTime)"),
                TIMEOUT,
                Map.of());
    }

    /** Of a body that may take as long as it likes, while enough of it comes. */
    static Refused stalled(String detail) {
        return new Refused(Failure.of(Category.EXCEEDED, detail), TIMEOUT, Map.of());
    }

    static Refused longLine() {
        return new Refused(Failure.of(Category.EXCEEDED, "request line: got more than is taken"), LONG_LINE, Map.of());
    }

    static Refused largeHead() {
        return new Refused(Failure.of(Category.EXCEEDED, "headers: got more than are taken"), LARGE_HEAD, Map.of());
    }

    static Refused version() {
        return new Refused(Failure.invalid("version of HTTP: wanted 1.0, 1.1 or 2"), VERSION, Map.of());
    }

    static Refused busy(int most) {
        return new Refused(
                Failure.of(
                        Category.UNAVAILABLE,
                        most + " requests are being answered, which is as many as may (limits.requestsAtOnce)"),
                ENDING,
                Map.of("Retry-After", "1"));
    }

    static Refused largeBody(long most) {
        return new Refused(
                Failure.of(Category.EXCEEDED, "body: got more than " + most + " bytes (limits.requestBytes)"),
                TOO_LARGE,
                Map.of());
    }

    static Refused manyBodies(long most) {
        return new Refused(
                Failure.of(
                        Category.UNAVAILABLE,
                        "body: " + most
                                + " bytes of bodies are on their way, which is as many as may (limits.bodiesBytes)"),
                ENDING,
                Map.of("Retry-After", "1"));
    }

    static Refused mediaType(String got) {
        return mediaType(got, "application/json");
    }

    static Refused mediaType(String got, String wanted) {
        return new Refused(Failure.invalid("Content-Type: got " + got + ", wanted " + wanted), MEDIA_TYPE, Map.of());
    }

    static Refused range(String got, long size) {
        return new Refused(
                Failure.invalid("Range: got " + got + ", wanted a part of " + size + " bytes"),
                RANGE,
                Map.of("Content-Range", "bytes */" + size));
    }

    static Refused keyTaken(String job) {
        return new Refused(
                Failure.invalid(
                        "Idempotency-Key: got one that job " + job + " has, which was asked for something else"),
                UNPROCESSABLE,
                Map.of());
    }

    static Refused full(int queued, int retrySeconds) {
        return new Refused(
                Failure.of(
                        Category.EXCEEDED,
                        queued + " jobs wait for their turn, which is as many as may (limits.queuedJobs)"),
                TOO_MANY,
                Map.of("Retry-After", Integer.toString(retrySeconds)),
                Map.of("queued", queued));
    }

    static Refused ending() {
        return new Refused(
                Failure.of(Category.UNAVAILABLE, "the service is about to end"), ENDING, Map.of("Retry-After", "1"));
    }

    Failure failure() {
        return Failure.from(Objects.requireNonNull(getCause()));
    }

    Problem problem() {
        return problem;
    }

    /** Members of the problem document besides. */
    Map<String, Integer> facts() {
        return facts;
    }

    Map<String, String> headers() {
        return headers;
    }
}
