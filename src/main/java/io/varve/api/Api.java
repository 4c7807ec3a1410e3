package io.varve.api;

import io.varve.bus.Waiting;
import io.varve.client.ServiceSocket;
import io.varve.failure.Failure;
import io.varve.http.Underway;
import io.varve.store.Store;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A store, served until it is closed:
 *
 * <pre>
 *   try (Api api = Api.listen(vertx, services, options)) {
 *       // skopeo copy docker://&lt;api.address()&gt;/demo/hello:1 … while the store has 127.0.0.1:PORT/demo/hello:1
 *   }
 * </pre>
 *
 * <p>What others do to the store meanwhile is seen with the next request. For threads that may block; an interrupt ends no
 * wait here, which are short, and is kept.
 */
public final class Api implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Api.class);

    private final Vertx vertx;
    private final String deployment;
    private final ApiVerticle verticle;
    private final @Nullable ServiceSocket socket;
    private final AtomicBoolean closed = new AtomicBoolean();

    private Api(Vertx vertx, String deployment, ApiVerticle verticle, @Nullable ServiceSocket socket) {
        this.vertx = vertx;
        this.deployment = deployment;
        this.verticle = verticle;
        this.socket = socket;
    }

    /**
     * Begins to serve. The store may be empty, and is the caller's.
     *
     * @throws Failure Unavailable when the address is taken
     */
    public static Api listen(Vertx vertx, Services services, ApiOptions options) {
        ServiceSocket socket = socket(services.store());
        ApiVerticle verticle = new ApiVerticle(services, options, socket == null ? null : socket.address());
        try {
            return Waiting.on(
                    vertx.deployVerticle(verticle).map(deployment -> new Api(vertx, deployment, verticle, socket)),
                    () -> {});
        } catch (Failure e) {
            if (socket != null) {
                socket.close();
            }
            throw e.during("listening on " + options.address(options.port()));
        }
    }

    /** For commands; null when another service of the store has it, or there can be none. */
    private static @Nullable ServiceSocket socket(Store store) {
        try {
            return ServiceSocket.take(store.directory()).orElse(null);
        } catch (Failure e) {
            LOG.warn("commands cannot ask this service, and wait for it: {}", e.getMessage());
            return null;
        }
    }

    /** {@code 127.0.0.1:41234} */
    public String address() {
        return verticle.address();
    }

    /** {@code http://127.0.0.1:41234} */
    public String url() {
        return verticle.url();
    }

    /** What the names of the images that are served begin with: the address, unless it has another name in public. */
    public String name() {
        return verticle.name();
    }

    /** Who is connected and asks something at this moment. */
    public Underway.Load load() {
        return Waiting.on(verticle.load(), () -> {});
    }

    /**
     * Takes no more jobs and is ready for nobody; jobs, and then whoever is being answered, have so long. Then there is {@link #close}.
     *
     * @param begun run at once: whoever asks after that is told so
     */
    public void drain(Duration patience, Runnable begun) {
        Future<Void> drained = verticle.drain(patience);
        begun.run();
        Waiting.on(drained, () -> {});
    }

    /** Ends it, whoever is being answered: when this returns, nothing of the store is in use. */
    @Override
    public void close() {
        if (!closed.getAndSet(true)) {
            Waiting.on(vertx.undeploy(deployment), () -> {});
            if (socket != null) {
                socket.close();
            }
        }
    }
}
