package io.varve.registry;

import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpHeaders;
import java.util.HashSet;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * {@code GET /v2/<name>/blobs/<digest>}, or of another place where a blob is, from where an earlier attempt broke off. Servers that do not know ranges, or answer
 * others than were asked for, are borne as far as the bytes that are wanted are among those that come.
 */
final class BlobPull implements Question<Void> {
    static final String CONTENT_RANGE = "Content-Range";

    private final Asking asking;
    private final String from;
    private final Digest digest;
    private final long size;
    private final Ahead ahead;
    private final Breadths breadths;
    private final Delivery delivery;

    /** The endpoints whose ranges are of no use. */
    private final Set<Endpoint> unranged = new HashSet<>();

    /** How an endpoint is asked for the blob. */
    @FunctionalInterface
    interface Asking {
        /**
         * @param headers never written to
         * @param accepted the statuses that answer it
         * @param gone whether nobody waits for the answer any more
         * @param spared as {@link Caller} has it
         */
        Future<Response> ask(
                Endpoint endpoint, MultiMap headers, Set<Integer> accepted, BooleanSupplier gone, boolean spared);
    }

    BlobPull(Exchange exchange, Repository repository, Descriptor descriptor, Ahead ahead, Breadths breadths) {
        this(
                (endpoint, headers, accepted, gone, spared) -> {
                    String path = endpoint.path(repository);
                    Exchange.Request request = new Exchange.Request(
                            Scope.pull(path), "/v2/" + path + "/blobs/" + descriptor.digest(), headers, accepted);
                    Caller caller = new Caller(
                            repository.toString(),
                            gone,
                            spared,
                            endpoint.access().anywhere());
                    return exchange.ask(endpoint, request, caller);
                },
                repository.toString(),
                descriptor,
                ahead,
                breadths);
    }

    /** @param from where it comes from, in words */
    BlobPull(Asking asking, String from, Descriptor descriptor, Ahead ahead, Breadths breadths) {
        this.asking = asking;
        this.from = from;
        digest = descriptor.digest();
        size = descriptor.size();
        this.ahead = ahead;
        this.breadths = breadths;
        delivery = ahead.delivery();
    }

    @Override
    public boolean unwanted() {
        return delivery.isGivenUp();
    }

    @Override
    public long position() {
        return delivery.position();
    }

    @Override
    public Future<Void> ask(Endpoint endpoint) {
        ahead.from(
                (first, end, gone) -> asking.ask(endpoint, range(first, end), Set.of(200, 206, 416), gone, true),
                breadths.of(Origin.of(endpoint.base())));
        Promise<Void> whole = Promise.promise();
        advance(endpoint, whole);
        return whole.future();
    }

    /** Step by step, and as many of those that take no time without a deeper stack. */
    private void advance(Endpoint endpoint, Promise<Void> whole) {
        Future<Void> step = step(endpoint);
        while (step.succeeded() && !delivery.isWhole()) {
            step = step(endpoint);
        }
        if (step.isComplete()) {
            whole.handle(step);
        } else {
            step.onComplete(done -> {
                if (done.failed() || delivery.isWhole()) {
                    whole.handle(done);
                } else {
                    advance(endpoint, whole);
                }
            });
        }
    }

    /** What has come already, or one request. */
    private Future<Void> step(Endpoint endpoint) {
        return delivery.ready().compose(ignored -> ahead.isDue() ? ahead.follow() : own(endpoint));
    }

    private Future<Void> own(Endpoint endpoint) {
        boolean may = !unranged.contains(endpoint);
        ahead.begin(may);
        boolean ranged = may && (delivery.position() > 0 || delivery.bound() < size);
        MultiMap headers = ranged ? range(delivery.position(), delivery.bound()) : HttpHeaders.headers();
        Set<Integer> accepted = ranged ? Set.of(200, 206, 416) : Set.of(200, 206);
        Future<Response> asked = asking.ask(endpoint, headers, accepted, delivery::isGivenUp, false);
        ahead.fill();
        return asked.compose(response -> taken(response, endpoint, ranged))
                .onComplete(done -> ahead.ended(done.failed() ? Setback.from(done.cause()) : null));
    }

    /** @param end what is open up to the end of the blob is left open, as all servers know it */
    private MultiMap range(long first, long end) {
        return HttpHeaders.headers().add("Range", "bytes=" + first + "-" + (end == size ? "" : end - 1));
    }

    private Future<Void> taken(Response response, Endpoint endpoint, boolean ranged) {
        long length = SmallBody.length(response);
        try {
            if (response.status() == 416) {
                return useless(response, endpoint);
            }
            requireIdentity(response);
            if (response.status() == 200) {
                if (length >= 0 && length != size) {
                    throw Failure.mismatch("Content-Length", length, size);
                }
                if (ranged) {
                    ahead.rangeless();
                }
                ahead.began(response);
                return delivery.take(response, 0, length);
            }
            String range = response.headers().get(CONTENT_RANGE);
            if (!ranged) {
                throw Failure.mismatch("answer to a request for the whole", "status 206, " + range, "status 200");
            }
            return ContentRange.parse(range)
                    .filter(given -> usable(given, length))
                    .map(given -> {
                        ahead.began(response);
                        return delivery.take(response, given.first(), length);
                    })
                    .orElseGet(() -> useless(response, endpoint));
        } catch (Failure e) {
            response.drop();
            return Future.failedFuture(e);
        }
    }

    /** Whether the next byte that is wanted is among these, and what is said of them agrees. */
    private boolean usable(ContentRange range, long length) {
        return (range.total() < 0 || range.total() == size)
                && range.last() < size
                && agrees(length, range)
                && range.first() <= delivery.position()
                && delivery.position() <= range.last();
    }

    /** @param length of a body; -1 when it is not told */
    static boolean agrees(long length, ContentRange range) {
        return length < 0 || length == range.length();
    }

    /** The next step is without ranges. */
    private Future<Void> useless(Response response, Endpoint endpoint) {
        // Of a refusal little would have to be read, of a range that is of no use much.
        response.drop();
        unranged.add(endpoint);
        ahead.rangeless();
        return Future.succeededFuture();
    }

    /** @throws Failure Invalid when the body is not the content itself: its size and digest are not those of the content */
    static void requireIdentity(Response response) {
        if (!isIdentity(response)) {
            String encoding = response.headers().get(HttpHeaders.CONTENT_ENCODING);
            throw Failure.invalid("Content-Encoding: got " + encoding.strip() + ", wanted identity");
        }
    }

    static boolean isIdentity(Response response) {
        String encoding = response.headers().get(HttpHeaders.CONTENT_ENCODING);
        return encoding == null || encoding.isBlank() || encoding.strip().equalsIgnoreCase("identity");
    }

    @Override
    public String toString() {
        return "pull blob " + digest + " from " + from;
    }
}
