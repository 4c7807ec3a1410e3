package io.varve.api;

import io.varve.failure.Failure;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;

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
    private final Vertx vertx;
    private final String deployment;
    private final ApiVerticle verticle;
    private final AtomicBoolean closed = new AtomicBoolean();

    private Api(Vertx vertx, String deployment, ApiVerticle verticle) {
        this.vertx = vertx;
        this.deployment = deployment;
        this.verticle = verticle;
    }

    /**
     * Begins to serve. The store may be empty, and is the caller's.
     *
     * @throws Failure Unavailable when the address is taken
     */
    public static Api listen(Vertx vertx, Services services, ApiOptions options) {
        ApiVerticle verticle = new ApiVerticle(services, options);
        try {
            return settled(vertx.deployVerticle(verticle).map(deployment -> new Api(vertx, deployment, verticle)));
        } catch (Failure e) {
            throw e.during("listening on " + options.address(options.port()));
        }
    }

    /** {@code 127.0.0.1:41234} */
    public String address() {
        return verticle.address();
    }

    /** What the names of the images that are served begin with: the address, unless it has another name in public. */
    public String name() {
        return verticle.name();
    }

    /** Takes no more jobs and is ready for nobody; jobs, and then whoever is being answered, have so long. Then there is {@link #close}. */
    public void drain(Duration patience) {
        settled(verticle.drain(patience));
    }

    /** Ends it, whoever is being answered: when this returns, nothing of the store is in use. */
    @Override
    public void close() {
        if (!closed.getAndSet(true)) {
            settled(vertx.undeploy(deployment));
        }
    }

    private static <T> T settled(Future<T> future) {
        CompletableFuture<T> settled = future.toCompletionStage().toCompletableFuture();
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    return settled.get();
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (ExecutionException e) {
                    throw Failure.from(e.getCause() == null ? e : e.getCause());
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
