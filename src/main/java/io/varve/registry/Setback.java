package io.varve.registry;

import io.netty.channel.ConnectTimeoutException;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.vertx.core.MultiMap;
import java.io.IOException;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** What became of one attempt that failed, and whether another one may do better. */
final class Setback extends RuntimeException {
    private static final long serialVersionUID = 1L;

    enum Kind {
        /** Nobody was there, or did not speak as expected. */
        UNREACHED,
        /** The same question may be answered in a moment. */
        PASSING,
        /** The same question to the same server will fail again. */
        LASTING,
        /** Nobody is to be asked any more. */
        GIVEN_UP
    }

    private final transient Failure failure;
    private final Kind kind;
    private final transient Optional<Duration> retryAfter;

    private Setback(Kind kind, Failure failure, Optional<Duration> retryAfter) {
        super(null, failure, false, false);
        this.kind = kind;
        this.failure = failure;
        this.retryAfter = retryAfter;
    }

    static Setback of(Kind kind, Failure failure) {
        return new Setback(kind, failure, Optional.empty());
    }

    /** Whatever an attempt threw; what is no setback yet is a failure that will not pass. */
    static Setback from(Throwable thrown) {
        return thrown instanceof Setback setback ? setback : of(Kind.LASTING, Failure.from(thrown));
    }

    /** No connection came about. */
    static Setback unreached(Throwable thrown) {
        CertificateException certificate = cause(thrown, CertificateException.class);
        if (certificate != null) {
            return of(
                    Kind.LASTING,
                    Failure.of(Category.UNAVAILABLE, "certificate not trusted: " + told(certificate), thrown));
        }
        UnknownHostException unknown = cause(thrown, UnknownHostException.class);
        boolean forGood = unknown != null && !told(unknown).contains("Temporary failure");
        return of(
                forGood ? Kind.LASTING : Kind.UNREACHED,
                Failure.of(Category.UNAVAILABLE, (unknown != null ? "unknown host " : "") + told(thrown), thrown));
    }

    /** The connection ended before the answer did. */
    static Setback cut(Throwable thrown) {
        return of(Kind.PASSING, Failure.of(Category.UNAVAILABLE, told(thrown), thrown));
    }

    /** The server said no. */
    static Setback refused(int status, String told, MultiMap headers, Instant now) {
        String wrong = "status " + status + (told.isEmpty() ? "" : ": " + told);
        Category category =
                switch (status) {
                    case 401, 403, 407 -> Category.UNAUTHORIZED;
                    case 404, 410 -> Category.NOT_FOUND;
                    case 408, 425, 429 -> Category.UNAVAILABLE;
                    default -> status >= 500 ? Category.UNAVAILABLE : Category.INVALID;
                };
        String asked = headers.get("Retry-After");
        return new Setback(
                passes(status) ? Kind.PASSING : Kind.LASTING,
                Failure.of(category, wrong),
                asked != null && (status == 429 || status == 503) ? RetryAfter.parse(asked, now) : Optional.empty());
    }

    /** Whether the same question may be answered in a moment. */
    static boolean passes(int status) {
        return switch (status) {
            case 408, 429, 500, 502, 503, 504 -> true;
            default -> false;
        };
    }

    /** The same with what was being done put in front. */
    Setback during(String doing) {
        return new Setback(kind, failure.during(doing), retryAfter);
    }

    /** The same as one that may pass, though it does not look so by itself. */
    Setback passing() {
        return new Setback(Kind.PASSING, failure, retryAfter);
    }

    Kind kind() {
        return kind;
    }

    boolean retryable() {
        return kind == Kind.UNREACHED || kind == Kind.PASSING;
    }

    Failure failure() {
        return failure;
    }

    /** How long the server wants to be left alone. */
    Optional<Duration> retryAfter() {
        return retryAfter;
    }

    private static <T extends Throwable> @Nullable T cause(Throwable thrown, Class<T> type) {
        Throwable each = thrown;
        for (int depth = 0; each != null && depth < 10; depth++) {
            if (type.isInstance(each)) {
                return type.cast(each);
            }
            each = each.getCause();
        }
        return null;
    }

    /** Most of these have a message that says what happened, some have only a name, and TLS has its reason in the cause. */
    private static String told(Throwable thrown) {
        Throwable deepest = thrown;
        for (int depth = 0; deepest.getCause() != null && depth < 10; depth++) {
            deepest = deepest.getCause();
        }
        String message = thrown instanceof IOException && !(thrown instanceof ConnectTimeoutException)
                ? deepest.getMessage()
                : thrown.getMessage();
        String name = thrown instanceof TimeoutException
                ? "timeout"
                : thrown.getClass().getSimpleName();
        return message == null || message.isBlank() ? name : message;
    }
}
