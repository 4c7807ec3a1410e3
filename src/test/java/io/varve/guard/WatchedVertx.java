package io.varve.guard;

import io.varve.bus.Slabs;
import io.varve.registry.CertificateAuthority;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.PemKeyCertOptions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Where tests get their Vert.x: one that reports an event loop blocked for more than 100 ms, which then fails the test.
 * The caller closes it.
 */
public final class WatchedVertx {
    /** More for tests that run beside others, where a loop waits for a core as well (the pom). */
    static final int LIMIT_MS = Integer.getInteger("varve.loop.millis", 100);

    private static final int INTERVAL_MS = 50;
    private static final int PATIENCE_S = 30;

    private static boolean warm;
    private static boolean warmForSockets;

    private WatchedVertx() {}

    public static synchronized Vertx create() throws TimeoutException {
        if (!warm) {
            warmUp();
            warm = true;
        }
        return Vertx.vertx(new VertxOptions()
                .setMaxEventLoopExecuteTime(LIMIT_MS)
                .setMaxEventLoopExecuteTimeUnit(TimeUnit.MILLISECONDS)
                .setBlockedThreadCheckInterval(INTERVAL_MS)
                .setBlockedThreadCheckIntervalUnit(TimeUnit.MILLISECONDS));
    }

    /** For a test that speaks HTTP, whose classes take seconds to load. */
    public static synchronized Vertx createForSockets() throws TimeoutException {
        if (!warmForSockets) {
            warmUpSockets();
            warmForSockets = true;
        }
        return create();
    }

    private static void warmUpSockets() throws TimeoutException {
        Vertx vertx = Vertx.vertx();
        PemKeyCertOptions identity =
                new CertificateAuthority("warm-up").server().options();
        for (HttpVersion version : List.of(HttpVersion.HTTP_1_1, HttpVersion.HTTP_2)) {
            exchange(vertx, version, null).await(PATIENCE_S, TimeUnit.SECONDS);
            exchange(vertx, version, identity).await(PATIENCE_S, TimeUnit.SECONDS);
        }
        vertx.close().await(PATIENCE_S, TimeUnit.SECONDS);
    }

    /** Waits until no event loop has anything to do: one that has, while memory is collected, would be taken for blocked. */
    public static void awaitIdle() {
        while (Thread.getAllStackTraces().entrySet().stream()
                .anyMatch(each -> each.getKey().getName().startsWith("vert.x-eventloop") && !waits(each.getValue()))) {
            Thread.onSpinWait();
        }
    }

    private static boolean waits(StackTraceElement[] stack) {
        return stack.length == 0
                || (stack[0].isNativeMethod() && stack[0].getClassName().equals("sun.nio.ch.EPoll"));
    }

    /** Loading classes takes an event loop longer than the limit; it happens once, on a loop that is not watched so closely. */
    private static void warmUp() throws TimeoutException {
        Vertx vertx = Vertx.vertx();
        vertx.eventBus().<String>localConsumer("warm-up", message -> message.reply(message.body()));
        Future<Void> warmed = vertx.eventBus()
                .<String>request("warm-up", "")
                .compose(reply -> vertx.executeBlocking(reply::body, false))
                .compose(body -> vertx.timer(1))
                .map(passed -> {
                    Slabs.allocate().release();
                    return null;
                });
        warmed.await(PATIENCE_S, TimeUnit.SECONDS);
        // Not composed: a loop cannot report its own end.
        vertx.close().await(PATIENCE_S, TimeUnit.SECONDS);
    }

    /** One request and its answer. */
    private static Future<Void> exchange(Vertx vertx, HttpVersion version, @Nullable PemKeyCertOptions identity) {
        HttpServerOptions server = new HttpServerOptions().setHost("127.0.0.1").setPort(0);
        HttpClientOptions client = new HttpClientOptions().setProtocolVersion(version);
        if (identity != null) {
            server.setSsl(true).setUseAlpn(true).setKeyCertOptions(identity);
            client.setSsl(true).setUseAlpn(true).setTrustAll(true).setVerifyHost(false);
        }
        HttpClient asking = vertx.createHttpClient(client);
        return vertx.createHttpServer(server)
                .requestHandler(request -> request.response().end("warm"))
                .listen()
                .compose(listening -> asking.request(HttpMethod.GET, listening.actualPort(), "127.0.0.1", "/"))
                .compose(HttpClientRequest::send)
                .compose(HttpClientResponse::body)
                // To be named here keeps it from being collected, which closes it.
                .eventually(asking::close)
                .mapEmpty();
    }
}
