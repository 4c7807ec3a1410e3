package io.varve.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Json;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.eventbus.Message;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.function.Consumer;

/**
 * The service on the event bus: questions are JSON, the same as the bodies of the HTTP API, and so are the answers. A failure is a
 * {@link io.vertx.core.eventbus.ReplyException} whose code is that of its {@link Category}, and whose message is its line.
 *
 * <p>Pulls, builds and pushes are answered with the finished job, or, with the header {@code Prefer: respond-async}, at once with the job, which goes on
 * telling at {@code varve.events.job.<id>} how far it is. {@code Idempotency-Key} is a header too.
 */
public final class BusVerticle extends VerticleBase {
    /** {@code {"image", "platform"?, "credentials"?}}: the job. */
    public static final String PULL = "varve.image.pull";

    /** A spec, whose layers are all in itself or in the store: the job. */
    public static final String BUILD = "varve.image.build";

    /** {@code {"image", "destination"?, "credentials"?}}: the job. */
    public static final String PUSH = "varve.image.push";

    /** {@code {"image", "platform"?}}: what it is made of. */
    public static final String INSPECT = "varve.image.inspect";

    /** {@code {"image"}}: the names that were taken away. */
    public static final String DELETE = "varve.image.delete";

    /** {@code {"image", "platform"?, "writable"?}}: where it is mounted. */
    public static final String MOUNT = "varve.rootfs.create";

    /** {@code {"id"}}: the same. */
    public static final String UNMOUNT = "varve.rootfs.remove";

    /** {@code {"dryRun"?}}: what was removed. */
    public static final String COLLECT = "varve.gc.run";

    /** Where everybody is told what was done to the store: {@code {"change", …}}, with what whoever did it was answered. */
    public static final String EVENTS = StoreChanges.EVENTS;

    private static final int WORKERS = 8;

    private final Services services;

    public BusVerticle(Services services) {
        this.services = services;
    }

    @Override
    public Future<?> start() {
        WorkerExecutor workers =
                vertx.createSharedWorkerExecutor("varve-bus", WORKERS, Long.MAX_VALUE, TimeUnit.NANOSECONDS);
        StoreChanges changes = new StoreChanges(services, vertx.eventBus());
        BusFace face = new BusFace(
                context,
                workers,
                Writers.of(vertx),
                services,
                changes,
                new PullOrders(services.pulls(), changes, false),
                new BuildOrders(services.builds(), changes, false, List.of()),
                new PushOrders(services));
        return workers.executeBlocking(Contract::read)
                .compose(contract -> {
                    Serving serving = new Serving(face, contract.byId());
                    return Future.all(List.of(
                            serving.of(PULL, "createPull", face::pull),
                            serving.of(BUILD, "createBuild", face::build),
                            serving.of(PUSH, "createPush", face::push),
                            serving.of(INSPECT, face::inspect),
                            serving.of(DELETE, face::delete),
                            serving.of(MOUNT, "createRootfs", face::mount),
                            serving.of(UNMOUNT, face::unmount),
                            serving.of(COLLECT, "collect", face::collect)));
                })
                .onSuccess(serving -> services.jobs().recover());
    }

    /** What answers a question, which is JSON. May throw. */
    private interface Answering extends BiFunction<Message<?>, ObjectNode, Future<ObjectNode>> {}

    /** Questions and answers may be large, so workers read and write them. */
    private final class Serving {
        private final BusFace face;
        private final Map<String, Operation> operations;

        Serving(BusFace face, Map<String, Operation> operations) {
            this.face = face;
            this.operations = operations;
        }

        Future<Void> of(String address, Answering service) {
            return of(address, body -> {}, service);
        }

        /** @param id the operation of the contract whose body the question is */
        Future<Void> of(String address, String id, Answering service) {
            return of(address, Objects.requireNonNull(operations.get(id), id)::check, service);
        }

        private Future<Void> of(String address, Consumer<ObjectNode> check, Answering service) {
            return vertx.eventBus()
                    .<Object>consumer(
                            address,
                            message -> face.disk(() -> body(message, check))
                                    .compose(body -> service.apply(message, body))
                                    .compose(made -> face.disk(() -> JsonObject.mapFrom(made)))
                                    .onComplete(message::reply, thrown -> refuse(message, Failure.from(thrown))))
                    .completion();
        }
    }

    private static void refuse(Message<?> message, Failure failure) {
        message.fail(failure.category().code(), failure.getMessage());
    }

    /** As strictly as if it had come by HTTP. */
    private static ObjectNode body(Message<?> message, Consumer<ObjectNode> check) {
        if (!(message.body() instanceof JsonObject json)) {
            throw Failure.invalid("body: wanted a JSON object");
        }
        ObjectNode body = Json.read(json.toString().getBytes(StandardCharsets.UTF_8), Json.DEFAULT_LIMIT);
        check.accept(body);
        return body;
    }
}
