package io.varve.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.bus.Here;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.image.Description;
import io.varve.job.Admission;
import io.varve.job.Job;
import io.varve.manifest.ArtifactPlan;
import io.varve.manifest.ImagePlan;
import io.varve.oci.ImageName;
import io.varve.oci.Json;
import io.varve.oci.Platform;
import io.varve.pipeline.PullListener;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The service on the event bus: questions are JSON, the same as the bodies of the HTTP API, and so are the answers. A failure is a
 * {@link io.vertx.core.eventbus.ReplyException} whose code is that of its {@link Category}, and whose message is its line.
 *
 * <p>A pull is answered with its finished job, or, with the header {@code Prefer: respond-async}, at once with the job, which goes on
 * telling at {@code varve.events.job.<id>} how far it is. {@code Idempotency-Key} is a header too.
 */
public final class BusVerticle extends VerticleBase {
    /** {@code {"image", "platform"?, "credentials"?}}: the job. */
    public static final String PULL = "varve.image.pull";

    /** {@code {"image", "platform"?}}: what it is made of. */
    public static final String INSPECT = "varve.image.inspect";

    /** {@code {"image"}}: the names that were taken away. */
    public static final String DELETE = "varve.image.delete";

    /** {@code {"dryRun"?}}: what was removed. */
    public static final String COLLECT = "varve.gc.run";

    private static final int WORKERS = 8;
    private static final String CALLER = "event-bus";

    private final Services services;
    private final PullOrders orders;
    private @Nullable WorkerExecutor workers;

    public BusVerticle(Services services) {
        this.services = services;
        orders = new PullOrders(services.pulls());
    }

    @Override
    public Future<?> start() {
        WorkerExecutor made =
                vertx.createSharedWorkerExecutor("varve-bus", WORKERS, Long.MAX_VALUE, TimeUnit.NANOSECONDS);
        workers = made;
        return made.executeBlocking(Contract::read)
                .compose(contract -> {
                    Map<String, Operation> operations = contract.byId();
                    return Future.all(
                            serve(PULL, (message, body) -> {
                                operation(operations, "createPull").check(body);
                                return pull(message, body);
                            }),
                            serve(INSPECT, (message, body) -> disk(() -> inspect(body))),
                            serve(DELETE, (message, body) -> disk(() -> delete(body))),
                            serve(COLLECT, (message, body) -> {
                                operation(operations, "collect").check(body);
                                return disk(() -> collect(body));
                            }));
                })
                .onSuccess(serving -> services.jobs().recover());
    }

    private static Operation operation(Map<String, Operation> operations, String id) {
        Operation operation = operations.get(id);
        if (operation == null) {
            throw new IllegalStateException("the contract has no operation " + id);
        }
        return operation;
    }

    private Future<Void> serve(String address, BiFunction<Message<?>, ObjectNode, Future<ObjectNode>> service) {
        return vertx.eventBus()
                .<Object>consumer(address, message -> {
                    Future<ObjectNode> answer;
                    try {
                        answer = service.apply(message, body(message));
                    } catch (RuntimeException thrown) {
                        answer = Future.failedFuture(thrown);
                    }
                    answer.onComplete(
                            made -> message.reply(JsonObject.mapFrom(made)),
                            thrown -> refuse(message, Failure.from(thrown)));
                })
                .completion();
    }

    private static void refuse(Message<?> message, Failure failure) {
        message.fail(failure.category().code(), failure.getMessage());
    }

    /** As strictly as if it had come by HTTP. */
    private static ObjectNode body(Message<?> message) {
        if (!(message.body() instanceof JsonObject json)) {
            throw Failure.invalid("body: wanted a JSON object");
        }
        return Json.read(json.toString().getBytes(StandardCharsets.UTF_8), Json.DEFAULT_LIMIT);
    }

    private <T> Future<T> disk(Callable<T> blocking) {
        WorkerExecutor made = workers;
        if (made == null) {
            return Future.failedFuture(new IllegalStateException("not started"));
        }
        return made.executeBlocking(blocking, false).map(Objects::requireNonNull);
    }

    private Future<ObjectNode> pull(Message<?> message, ObjectNode body) {
        String key = message.headers().get("Idempotency-Key");
        boolean atOnce = String.valueOf(message.headers().get("Prefer")).contains("respond-async");
        return Here.on(context, services.jobs().submit(orders.order(CALLER, body, key)))
                .compose(admission -> switch (admission) {
                    case Admission.Accepted(Job job, boolean repeated) -> atOnce ? acknowledged(job) : ended(job);
                    case Admission.Full(int queued, int retrySeconds) ->
                        throw Failure.of(
                                Category.EXCEEDED,
                                queued + " jobs wait for their turn, come again in " + retrySeconds
                                        + " s (limits.queuedJobs)");
                    case Admission.KeyTaken(Job job) ->
                        throw Failure.of(
                                Category.CONFLICT,
                                "Idempotency-Key: job " + job.id() + " has it, which was asked for something else");
                    case Admission.Ending ending ->
                        throw Failure.of(Category.UNAVAILABLE, "the service is about to end");
                });
    }

    private Future<ObjectNode> acknowledged(Job job) {
        return Here.on(context, services.jobs().acknowledge(job)).map(durable -> job.told());
    }

    private Future<ObjectNode> ended(Job job) {
        return Here.on(context, job.ended()).map(ended -> {
            Failure failure = job.failure();
            if (failure != null) {
                throw failure;
            }
            return job.told();
        });
    }

    private ObjectNode inspect(ObjectNode body) {
        String reference = text(body, "image");
        ImageName name = ImageName.parse(reference);
        String platform = body.path("platform").textValue();
        Platform wanted = platform == null ? null : Platform.parse(platform);
        return switch (services.images().plan(name, wanted)) {
            case ImagePlan _ -> Description.of(reference, services.images().open(name, wanted, PullListener.NONE));
            case ArtifactPlan artifact -> Description.of(reference, artifact);
        };
    }

    private ObjectNode delete(ObjectNode body) {
        ObjectNode told = Json.object();
        services.naming().remove(List.of(ImageName.parse(text(body, "image")))).forEach(told.putArray("removed")::add);
        return told;
    }

    private ObjectNode collect(ObjectNode body) {
        boolean dryRun = body.path("dryRun").booleanValue();
        Instant now = Instant.now();
        return StoreFace.told(
                dryRun
                        ? services.collector().preview(now)
                        : services.collector().collect(now),
                dryRun);
    }

    private static String text(ObjectNode body, String field) {
        String text = body.path(field).textValue();
        if (text == null) {
            throw Failure.invalid("body: wanted " + field);
        }
        return text;
    }
}
