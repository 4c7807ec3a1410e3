package io.varve.registry;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.net.PemKeyCertOptions;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP server on loopback that answers honestly, except where a test says otherwise, to the byte. It keeps what it was
 * asked. Answers are made on its own event loop; a test may ask and script from any thread.
 */
public final class FakeServer implements AutoCloseable {
    private static final int PATIENCE_S = 30;

    private final Function<Asked, FakeReply> honest;
    private final List<Asked> requests = new CopyOnWriteArrayList<>();
    private final List<Rule> rules = new CopyOnWriteArrayList<>();
    private final List<Hearing> hearing = new CopyOnWriteArrayList<>();
    private final List<Promise<Void>> leaving = new ArrayList<>();
    private int connections;
    private int open;
    private int most;
    private final String scheme;
    private int port;
    private Front front = Future::succeededFuture;

    /** What listens. */
    @FunctionalInterface
    interface Front {
        Future<Void> close();
    }

    /** Faults for requests that match, one each in their order; the last one for all that follow if it lasts. */
    private record Rule(Pattern requests, Queue<Fault> faults, boolean lasts) {
        synchronized @Nullable Fault next() {
            return lasts ? faults.peek() : faults.poll();
        }
    }

    private FakeServer(String scheme, Function<Asked, FakeReply> honest) {
        this.scheme = scheme;
        this.honest = honest;
    }

    /** HTTP/1.1, without TLS. */
    static FakeServer http(Vertx vertx, Function<Asked, FakeReply> honest) throws TimeoutException {
        return start(new FakeServer("http", honest), server -> Http1Front.listen(vertx, server, null));
    }

    /** HTTP/1.1 with TLS. */
    static FakeServer https(Vertx vertx, PemKeyCertOptions identity, Function<Asked, FakeReply> honest)
            throws TimeoutException {
        return start(new FakeServer("https", honest), server -> Http1Front.listen(vertx, server, identity));
    }

    /** HTTP/2 with TLS. Who cannot speak it gets HTTP/1.1, without the faults of HTTP/2. */
    static FakeServer http2(Vertx vertx, PemKeyCertOptions identity, Function<Asked, FakeReply> honest)
            throws TimeoutException {
        return start(new FakeServer("https", honest), server -> Http2Front.listen(vertx, server, identity));
    }

    private static FakeServer start(FakeServer server, Function<FakeServer, Future<Front>> listen)
            throws TimeoutException {
        server.front = listen.apply(server).await(PATIENCE_S, TimeUnit.SECONDS);
        return server;
    }

    void listensOn(int bound) {
        port = bound;
    }

    /** {@code 127.0.0.1:12345} */
    public String host() {
        return "127.0.0.1:" + port;
    }

    /** Scheme and authority. */
    public String url() {
        return scheme + "://" + host();
    }

    /**
     * Each of the next requests that match gets one of these faults, in their order.
     *
     * @param requests what {@code GET /v2/…} has to contain, a regular expression
     */
    public FakeServer script(String requests, Fault... faults) {
        rules.add(new Rule(Pattern.compile(requests), new ArrayDeque<>(Arrays.asList(faults)), false));
        return this;
    }

    /** All requests that match get this fault from now on. */
    public FakeServer always(String requests, Fault fault) {
        rules.add(new Rule(Pattern.compile(requests), new ArrayDeque<>(List.of(fault)), true));
        return this;
    }

    /**
     * Of the next request that matches so many bytes of the body are heard, and its connection ends behind the answer.
     *
     * @param requests as of {@link #script}
     */
    FakeServer hear(String requests, int bytes) {
        hearing.add(new Hearing(Pattern.compile(requests), bytes));
        return this;
    }

    private record Hearing(Pattern requests, int bytes) {}

    /** How much is heard of a body of that length. */
    int heard(String request, int length) {
        for (Hearing each : hearing) {
            if (each.bytes < length && each.requests.matcher(request).find()) {
                return each.bytes;
            }
        }
        return length;
    }

    /** It was answered. */
    void heardOnly(String request, int bytes) {
        hearing.stream()
                .filter(each ->
                        each.bytes == bytes && each.requests.matcher(request).find())
                .findFirst()
                .ifPresent(hearing::remove);
    }

    /** Forgets all faults and all requests. */
    public void reset() {
        rules.clear();
        requests.clear();
    }

    /** What was asked so far, and matches. */
    public List<Asked> asked(String pattern) {
        Pattern compiled = Pattern.compile(pattern);
        return requests.stream()
                .filter(each -> compiled.matcher(each.toString()).find())
                .toList();
    }

    /** Connections there ever were. */
    public synchronized int connections() {
        return connections;
    }

    /** Connections there were at once. */
    public synchronized int mostConnections() {
        return most;
    }

    /** Completes when no connection is open. */
    public Future<Void> left() {
        Promise<Void> promise = Promise.promise();
        synchronized (this) {
            leaving.add(promise);
        }
        tell();
        return promise.future();
    }

    synchronized void opened() {
        connections++;
        open++;
        most = Math.max(most, open);
    }

    void closed() {
        synchronized (this) {
            open--;
        }
        tell();
    }

    private void tell() {
        List<Promise<Void>> told = new ArrayList<>();
        synchronized (this) {
            if (open == 0) {
                told.addAll(leaving);
                leaving.clear();
            }
        }
        told.forEach(Promise::complete);
    }

    FakeReply reply(Asked asked) {
        requests.add(asked);
        for (Rule rule : rules) {
            if (rule.requests.matcher(asked.toString()).find()) {
                Fault fault = rule.next();
                if (fault != null) {
                    return fault.reply(asked, honest);
                }
            }
        }
        return honest.apply(asked);
    }

    @Override
    public void close() throws TimeoutException {
        front.close().await(PATIENCE_S, TimeUnit.SECONDS);
    }
}
