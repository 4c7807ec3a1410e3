package io.varve.registry;

import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /v2/<name>/blobs/uploads/}, which mounts the blob or begins an upload; then a {@code PUT} of all of it, or
 * {@code PATCH} with one chunk after the other and a {@code PUT} of nothing behind the last. After a cut a registry is asked how many
 * bytes it has, and is sent the rest; those that know no chunks are sent all of it in one.
 */
final class BlobPush implements Question<Uploaded> {
    private static final Set<Integer> TAKEN_OR_CHUNKS_UNKNOWN = Set.of(201, 202, 204, 400, 405, 416, 501);

    private final Vertx vertx;
    private final Exchange exchange;
    private final Hosts hosts;
    private final Repository repository;
    private final Shipment shipment;
    private final Descriptor blob;
    private final long chunkBytes;

    /** Endpoints that know no chunks. */
    private final Set<Endpoint> unchunked = new HashSet<>();

    private @Nullable String mount;
    private @Nullable UploadSession session;
    private boolean begun;

    /** How many bytes the registry has said it has, and how many it can have at the most. */
    private long offset;

    private long sent;

    /** Where the last chunk began whose range it refused; -1 for none. */
    private long refused = -1;

    /** @param mount the path of a repository that has the blob; null for none */
    BlobPush(
            Vertx vertx,
            Exchange exchange,
            Hosts hosts,
            Repository repository,
            Shipment shipment,
            @Nullable String mount,
            long chunkBytes) {
        this.vertx = vertx;
        this.exchange = exchange;
        this.hosts = hosts;
        this.repository = repository;
        this.shipment = shipment;
        this.mount = mount;
        this.chunkBytes = chunkBytes;
        blob = shipment.blob();
    }

    @Override
    public boolean unwanted() {
        return shipment.isGivenUp();
    }

    @Override
    public long position() {
        return offset;
    }

    @Override
    public Future<Uploaded> ask(Endpoint endpoint) {
        return shipment.wanted().compose(wanted -> {
            if (!begun) {
                return begin(endpoint);
            }
            // The answer to the last request may be what was lost.
            return new BlobHead(exchange, repository, blob)
                    .ask(endpoint, caller(endpoint))
                    .compose(there -> there
                            ? Future.succeededFuture(Uploaded.SENT)
                            : session != null && session.endpoint().equals(endpoint)
                                    ? resume(session)
                                    : begin(endpoint));
        });
    }

    private Caller caller(Endpoint endpoint) {
        return new Caller(
                repository.toString(),
                shipment::isGivenUp,
                false,
                endpoint.access().anywhere());
    }

    private Future<Uploaded> begin(Endpoint endpoint) {
        return end().compose(ended -> post(endpoint));
    }

    /** Leaves what was begun; completes soon, whatever the registry says to it. */
    Future<Void> end() {
        UploadSession left = session;
        session = null;
        offset = 0;
        sent = 0;
        refused = -1;
        return left == null ? Future.succeededFuture() : left.end(vertx);
    }

    private Future<Uploaded> post(Endpoint endpoint) {
        String from = mount;
        String path = endpoint.path(repository);
        String target =
                "/v2/" + path + "/blobs/uploads/" + (from == null ? "" : "?mount=" + blob.digest() + "&from=" + from);
        Scope scope = from == null ? Scope.push(path) : Scope.push(path).with(Scope.pull(from));
        Set<Integer> accepted = from == null ? Set.of(202) : Set.of(201, 202);
        Exchange.Request request = new Exchange.Request(
                HttpMethod.POST, scope, target, HttpHeaders.headers(), shipment.part(0, 0), accepted);
        return exchange.ask(endpoint, request, caller(endpoint))
                .compose(
                        response -> {
                            begun = true;
                            mount = null;
                            return response.status() == 201
                                    ? SmallBody.readIfShort(response).map(Uploaded.MOUNTED)
                                    : begun(endpoint, target, response);
                        },
                        thrown -> withoutMount(endpoint, from, Setback.from(thrown)));
    }

    /** Somebody may push here who may not read there. */
    private Future<Uploaded> withoutMount(Endpoint endpoint, @Nullable String from, Setback setback) {
        if (from == null || setback.kind() != Setback.Kind.LASTING) {
            return Future.failedFuture(setback);
        }
        mount = null;
        return post(endpoint);
    }

    private Future<Uploaded> begun(Endpoint endpoint, String target, Response response) {
        UploadSession started;
        try {
            started = new UploadSession(
                    exchange,
                    hosts,
                    endpoint,
                    Scope.push(endpoint.path(repository)),
                    caller(endpoint),
                    endpoint.uri(target),
                    response);
        } catch (Failure e) {
            response.drop();
            return Future.failedFuture(e);
        }
        session = started;
        return SmallBody.readIfShort(response).compose(ended -> send(started));
    }

    /** What is left of it. */
    private Future<Uploaded> send(UploadSession started) {
        long chunk = Math.max(chunkBytes, started.leastChunk());
        if (offset == 0 && (blob.size() <= chunk || unchunked.contains(started.endpoint()))) {
            return close(started);
        }
        Promise<Uploaded> sent = Promise.promise();
        next(started, chunk, sent);
        return sent.future();
    }

    /** Not composed: there may be thousands. */
    private void next(UploadSession started, long chunk, Promise<Uploaded> sent) {
        if (offset == blob.size()) {
            close(started).onComplete(sent);
            return;
        }
        patch(started, Math.min(chunk, blob.size() - offset)).onComplete(done -> {
            if (done.failed()) {
                sent.fail(done.cause());
            } else if (done.result() == Chunk.TAKEN) {
                next(started, chunk, sent);
            } else {
                unchunked.add(started.endpoint());
                begin(started.endpoint()).onComplete(sent);
            }
        });
    }

    private enum Chunk {
        TAKEN,
        /** It is not the chunk that is wrong, but that there are chunks. */
        UNKNOWN
    }

    private Future<Chunk> patch(UploadSession started, long length) {
        long from = offset;
        sent = Math.max(sent, from + length);
        MultiMap headers = binary().add("Content-Range", from + "-" + (from + length - 1));
        Set<Integer> over = started.over();
        return started.ask(
                        HttpMethod.PATCH, "", headers, shipment.part(from, length), with(over, TAKEN_OR_CHUNKS_UNKNOWN))
                .compose(response ->
                        over.contains(response.status()) ? gone(response) : taken(started, from, length, response));
    }

    private Future<Chunk> taken(UploadSession started, long from, long length, Response response) {
        return switch (response.status()) {
            case 201, 202, 204 ->
                ended(response, () -> {
                    started.moved(response);
                    offset = reached(UploadSession.received(response), from, from + length);
                    return Chunk.TAKEN;
                });
            case 416 ->
                ended(response, () -> Chunk.UNKNOWN)
                        .compose(unknown -> ask(started))
                        .map(there -> there == from ? Chunk.UNKNOWN : moved(from, there));
            default -> ended(response, () -> Chunk.UNKNOWN);
        };
    }

    /** Each time it has to be further on: who sends us to and fro has an end, too. */
    private Chunk moved(long from, long there) {
        if (from <= refused) {
            throw Setback.of(
                    Setback.Kind.PASSING,
                    Failure.invalid(
                            "range of a chunk: got it refused at " + from + " again, and told to go on at " + there));
        }
        refused = from;
        offset = there;
        return Chunk.TAKEN;
    }

    private static long reached(OptionalLong told, long from, long to) {
        long reached = told.orElse(to);
        if (reached <= from || reached > to) {
            throw Failure.mismatch("Range behind a chunk", "0-" + (reached - 1), "0-" + (to - 1));
        }
        return reached;
    }

    private interface Taking<T> {
        T take();
    }

    private static <T> Future<T> ended(Response response, Taking<T> taking) {
        return SmallBody.readIfShort(response).map(ended -> taking.take());
    }

    /** The upload does not go on; another one may. */
    private <T> Future<T> gone(Response response) {
        session = null;
        return Exchange.<T>refused(response, List.of(), exchange.time())
                .recover(thrown -> Future.failedFuture(Setback.from(thrown).passing()));
    }

    /** How many bytes the registry has, by its own word. */
    private Future<Long> ask(UploadSession started) {
        return started.ask(HttpMethod.GET, "", HttpHeaders.headers(), null, Set.of(200, 202, 204))
                .compose(response -> ended(response, () -> {
                    started.moved(response);
                    long there = UploadSession.received(response)
                            .orElseThrow(() -> Failure.invalid("got no Range, wanted how much of the upload is there"));
                    if (there > sent) {
                        throw Failure.mismatch("size of the upload", there, sent + " at the most");
                    }
                    return there;
                }));
    }

    private Future<Uploaded> resume(UploadSession started) {
        if (blob.size() <= chunkBytes || unchunked.contains(started.endpoint())) {
            return begin(started.endpoint());
        }
        return ask(started)
                .compose(
                        there -> {
                            offset = there;
                            return send(started);
                        },
                        thrown -> Setback.from(thrown).kind() == Setback.Kind.LASTING
                                ? begin(started.endpoint())
                                : Future.failedFuture(thrown));
    }

    private Future<Uploaded> close(UploadSession started) {
        Set<Integer> over = started.over();
        return started.ask(
                        HttpMethod.PUT,
                        "digest=" + blob.digest(),
                        binary(),
                        shipment.rest(offset),
                        with(over, Set.of(200, 201, 202, 204)))
                .compose(response -> over.contains(response.status())
                        ? gone(response)
                        : ended(response, () -> {
                            DigestHeader.check(response, blob.digest());
                            return Uploaded.SENT;
                        }));
    }

    private static Set<Integer> with(Set<Integer> some, Set<Integer> others) {
        Set<Integer> all = new HashSet<>(some);
        all.addAll(others);
        return all;
    }

    private static MultiMap binary() {
        return HttpHeaders.headers().add(HttpHeaders.CONTENT_TYPE, "application/octet-stream");
    }

    @Override
    public String toString() {
        return "push blob " + blob.digest() + " to " + repository;
    }
}
