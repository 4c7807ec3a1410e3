package io.varve;

import io.varve.api.BusVerticle;
import io.varve.api.Services;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.job.JobListener;
import io.varve.job.Jobs;
import io.varve.pipeline.Stages;
import io.varve.registry.DockerConfig;
import io.varve.registry.RegistryClient;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Varve inside a Vert.x application:
 *
 * <pre>
 *   Varve.deploy(vertx, Settings.load(null, System.getenv()))
 *       .compose(varve -&gt; varve.pull("debian:bookworm"))
 *       .onSuccess(job -&gt; System.out.println(job.getJsonObject("result").getString("digest")));
 * </pre>
 *
 * <p>Everything goes by the event bus, at the addresses of {@link BusVerticle}, so that whoever else is on the bus can ask the same
 * with the same JSON; the methods here save writing it. Any thread; futures complete on the context of the caller and fail with a
 * {@link Failure}.
 */
public final class Varve {
    /** A pull takes as long as it takes; its job is what ends it. */
    private static final DeliveryOptions PATIENT = new DeliveryOptions().setSendTimeout(TimeUnit.DAYS.toMillis(7));

    private final Vertx vertx;
    private final String deployment;
    private final Services services;
    private final RegistryClient registry;

    private Varve(Vertx vertx, String deployment, Services services, RegistryClient registry) {
        this.vertx = vertx;
        this.deployment = deployment;
        this.services = services;
        this.registry = registry;
    }

    /**
     * Deploys the stages and the service on the bus, on the store of the settings. Once for each Vert.x; ended by {@link #close}.
     * Nothing listens on a socket.
     */
    public static Future<Varve> deploy(Vertx vertx, Settings settings) {
        return deploy(vertx, settings, System.getenv());
    }

    /** @param environment has the proxies and where Docker's configuration is */
    public static Future<Varve> deploy(Vertx vertx, Settings settings, Map<String, String> environment) {
        return Stages.deploy(
                        vertx,
                        settings.workers(),
                        settings.limits().work().budgetBytes(),
                        1L << settings.limits().decode().zstdWindowLog())
                .compose(stages -> {
                    RegistryClient registry = RegistryClient.of(
                            vertx,
                            settings.upstreamOptions(true),
                            environment,
                            new DockerConfig(environment, Path.of(System.getProperty("user.home"))));
                    Composition made = Composition.of(settings, settings.store(), () -> stages, () -> registry);
                    Jobs jobs = Jobs.of(
                            vertx, made.store(), settings.limits().jobs(), settings.keepJobs(), JobListener.NONE);
                    Services services = made.services(jobs, () -> "");
                    return vertx.deployVerticle(new BusVerticle(services))
                            .map(deployment -> new Varve(vertx, deployment, services, registry));
                });
    }

    /** Pulls an image; the finished job. */
    public Future<JsonObject> pull(String image) {
        return pull(new JsonObject().put("image", image));
    }

    /** @param body as of {@code POST /v1/pulls} */
    public Future<JsonObject> pull(JsonObject body) {
        return ask(BusVerticle.PULL, body, PATIENT);
    }

    /** Orders a pull; the job, which goes on. */
    public Future<JsonObject> order(JsonObject body) {
        return ask(BusVerticle.PULL, body, new DeliveryOptions(PATIENT).addHeader("Prefer", "respond-async"));
    }

    /**
     * Builds an image; the finished job.
     *
     * @param spec as of {@code POST /v1/builds}
     */
    public Future<JsonObject> build(JsonObject spec) {
        return ask(BusVerticle.BUILD, spec, PATIENT);
    }

    /** Pushes an image of the store to where its name says, or to {@code destination}; the finished job. */
    public Future<JsonObject> push(String image, String destination) {
        return push(new JsonObject().put("image", image).put("destination", destination));
    }

    /** @param body as of {@code POST /v1/pushes} */
    public Future<JsonObject> push(JsonObject body) {
        return ask(BusVerticle.PUSH, body, PATIENT);
    }

    /** Hears how far a job is, until the consumer is unregistered; the last event has the state {@code done} or {@code failed}. */
    public MessageConsumer<JsonObject> watch(String job, Consumer<JsonObject> listener) {
        return vertx.eventBus().consumer(Jobs.EVENTS + job, message -> listener.accept(message.body()));
    }

    /** What an image of the store is made of. */
    public Future<JsonObject> inspect(String image) {
        return ask(BusVerticle.INSPECT, new JsonObject().put("image", image), PATIENT);
    }

    /** Takes a name away; what was taken. */
    public Future<JsonObject> delete(String image) {
        return ask(BusVerticle.DELETE, new JsonObject().put("image", image), PATIENT);
    }

    /** Lets the kernel mount an image of the store; where, and its id. */
    public Future<JsonObject> mount(String image) {
        return mount(new JsonObject().put("image", image));
    }

    /** @param body as of {@code POST /v1/rootfs} */
    public Future<JsonObject> mount(JsonObject body) {
        return ask(BusVerticle.MOUNT, body, PATIENT);
    }

    /** Takes away what was mounted, with what was written to it. */
    public Future<JsonObject> unmount(String id) {
        return ask(BusVerticle.UNMOUNT, new JsonObject().put("id", id), PATIENT);
    }

    /** Hears what is done to the store through the service, until the consumer is unregistered. */
    public MessageConsumer<JsonObject> watchStore(Consumer<JsonObject> listener) {
        return vertx.eventBus().consumer(BusVerticle.EVENTS, message -> listener.accept(message.body()));
    }

    /** Removes what nothing needs, or says what that is. */
    public Future<JsonObject> collect(boolean dryRun) {
        return ask(BusVerticle.COLLECT, new JsonObject().put("dryRun", dryRun), PATIENT);
    }

    private Future<JsonObject> ask(String address, JsonObject body, DeliveryOptions options) {
        return vertx.eventBus()
                .<JsonObject>request(address, body, options)
                .transform((message, thrown) -> message == null
                        ? Future.failedFuture(failure(thrown))
                        : Future.succeededFuture(message.body()));
    }

    private static Failure failure(Throwable thrown) {
        if (!(thrown instanceof ReplyException refused)) {
            return Failure.from(thrown);
        }
        return switch (refused.failureType()) {
            case RECIPIENT_FAILURE -> {
                Category category = Category.of(refused.failureCode());
                String message = String.valueOf(refused.getMessage());
                String prefix = category + ": ";
                yield Failure.of(category, message.startsWith(prefix) ? message.substring(prefix.length()) : message);
            }
            case TIMEOUT, NO_HANDLERS, ERROR -> Failure.of(Category.UNAVAILABLE, "nobody answers on the bus", refused);
        };
    }

    /** Takes on nothing more, cancels what is left, and lets go of the store. The Vert.x is the caller's. */
    public Future<Void> close() {
        return vertx.undeploy(deployment)
                .eventually(() -> services.jobs().close())
                .eventually(() -> vertx.executeBlocking(() -> {
                    services.store().close();
                    registry.close();
                    return true;
                }));
    }
}
