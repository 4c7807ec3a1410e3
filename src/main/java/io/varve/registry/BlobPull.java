package io.varve.registry;

import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.http.HttpHeaders;
import java.util.HashSet;
import java.util.Set;

/**
 * {@code GET /v2/<name>/blobs/<digest>}, or of another place where a blob is, from where an earlier attempt broke off. Servers that do not know ranges, or answer
 * others than were asked for, are borne as far as the bytes that are wanted are among those that come.
 */
final class BlobPull implements Question<Void> {
    private static final String CONTENT_RANGE = "Content-Range";

    private final Asking asking;
    private final String from;
    private final Digest digest;
    private final long size;
    private final Delivery delivery;

    /** The endpoints whose ranges are of no use. */
    private final Set<Endpoint> unranged = new HashSet<>();

    /** How an endpoint is asked for the blob. */
    @FunctionalInterface
    interface Asking {
        /**
         * @param headers never written to
         * @param accepted the statuses that answer it
         */
        Future<Response> ask(Endpoint endpoint, MultiMap headers, Set<Integer> accepted);
    }

    BlobPull(Exchange exchange, Repository repository, Descriptor descriptor, Delivery delivery) {
        this(
                (endpoint, headers, accepted) -> {
                    String path = endpoint.path(repository);
                    Exchange.Request request = new Exchange.Request(
                            Scope.pull(path), "/v2/" + path + "/blobs/" + descriptor.digest(), headers, accepted);
                    Caller caller = new Caller(
                            repository.toString(),
                            delivery::isGivenUp,
                            endpoint.access().anywhere());
                    return exchange.ask(endpoint, request, caller);
                },
                repository.toString(),
                descriptor,
                delivery);
    }

    /** @param from where it comes from, in words */
    BlobPull(Asking asking, String from, Descriptor descriptor, Delivery delivery) {
        this.asking = asking;
        this.from = from;
        digest = descriptor.digest();
        size = descriptor.size();
        this.delivery = delivery;
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
        return delivery.ready().compose(ignored -> {
            boolean ranged = delivery.position() > 0 && !unranged.contains(endpoint);
            return request(endpoint, ranged).compose(response -> taken(response, endpoint, ranged));
        });
    }

    private Future<Response> request(Endpoint endpoint, boolean ranged) {
        MultiMap headers = HttpHeaders.headers();
        if (ranged) {
            headers.add("Range", "bytes=" + delivery.position() + "-");
        }
        return asking.ask(endpoint, headers, ranged ? Set.of(200, 206, 416) : Set.of(200, 206));
    }

    private Future<Void> taken(Response response, Endpoint endpoint, boolean ranged) {
        long length = SmallBody.length(response);
        try {
            if (response.status() == 416) {
                return anew(response, endpoint);
            }
            requireIdentity(response);
            if (response.status() == 200) {
                if (length >= 0 && length != size) {
                    throw Failure.mismatch("Content-Length", length, size);
                }
                return delivery.take(response, 0, length);
            }
            String range = response.headers().get(CONTENT_RANGE);
            if (!ranged) {
                throw Failure.mismatch("answer to a request for the whole", "status 206, " + range, "status 200");
            }
            return ContentRange.parse(range)
                    .filter(given -> usable(given, length))
                    .map(given -> delivery.take(response, given.first(), length))
                    .orElseGet(() -> anew(response, endpoint));
        } catch (Failure e) {
            response.drop();
            return Future.failedFuture(e);
        }
    }

    /** Whether the next byte that is wanted is among these, and what is said of them agrees. */
    private boolean usable(ContentRange range, long length) {
        return (range.total() < 0 || range.total() == size)
                && range.last() < size
                && (length < 0 || length == range.length())
                && range.first() <= delivery.position()
                && delivery.position() <= range.last();
    }

    private Future<Void> anew(Response response, Endpoint endpoint) {
        // Of a refusal little would have to be read, of a range that is of no use much.
        response.drop();
        unranged.add(endpoint);
        return ask(endpoint);
    }

    /** @throws Failure Invalid when the body is not the content itself: its size and digest are not those of the content */
    static void requireIdentity(Response response) {
        String encoding = response.headers().get(HttpHeaders.CONTENT_ENCODING);
        if (encoding != null && !encoding.isBlank() && !encoding.strip().equalsIgnoreCase("identity")) {
            throw Failure.invalid("Content-Encoding: got " + encoding.strip() + ", wanted identity");
        }
    }

    @Override
    public String toString() {
        return "pull blob " + digest + " from " + from;
    }
}
