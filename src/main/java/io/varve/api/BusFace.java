package io.varve.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.bus.Here;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.image.Description;
import io.varve.job.Admission;
import io.varve.job.Job;
import io.varve.job.Jobs;
import io.varve.job.Order;
import io.varve.manifest.ArtifactPlan;
import io.varve.manifest.ImagePlan;
import io.varve.oci.ImageName;
import io.varve.oci.Platform;
import io.varve.pipeline.Image;
import io.varve.pipeline.Images;
import io.varve.view.ViewOptions;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;
import io.vertx.core.eventbus.Message;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/** What the service is asked by the event bus. Bodies are as the contract has them where it does. Belongs to one event loop. */
final class BusFace {
    private static final String CALLER = "event-bus";

    private final Context context;
    private final WorkerExecutor workers;
    private final Writers writers;
    private final Jobs jobs;
    private final Images images;
    private final StoreChanges changes;
    private final PullOrders pulls;
    private final BuildOrders builds;
    private final PushOrders pushes;

    BusFace(
            Context context,
            WorkerExecutor workers,
            Writers writers,
            Services services,
            StoreChanges changes,
            PullOrders pulls,
            BuildOrders builds,
            PushOrders pushes) {
        this.context = context;
        this.workers = workers;
        this.writers = writers;
        jobs = services.jobs();
        images = services.images();
        this.changes = changes;
        this.pulls = pulls;
        this.builds = builds;
        this.pushes = pushes;
    }

    /** Does what waits for the disk, or takes long. */
    <T> Future<T> disk(Callable<T> blocking) {
        return workers.executeBlocking(blocking, false).map(Objects::requireNonNull);
    }

    Future<ObjectNode> pull(Message<?> message, ObjectNode body) {
        return ordered(message, pulls.order(CALLER, false, body, key(message)));
    }

    Future<ObjectNode> build(Message<?> message, ObjectNode body) {
        BuildOrders.Caller caller = new BuildOrders.Caller(CALLER, false, any -> true);
        return ordered(message, builds.order(caller, BuildOrders.Wanted.of(body), null, key(message)));
    }

    Future<ObjectNode> push(Message<?> message, ObjectNode body) {
        return ordered(message, pushes.order(CALLER, false, body, key(message)));
    }

    private static @Nullable String key(Message<?> message) {
        return message.headers().get("Idempotency-Key");
    }

    private Future<ObjectNode> ordered(Message<?> message, Order order) {
        boolean atOnce = String.valueOf(message.headers().get("Prefer")).contains("respond-async");
        return Here.on(context, jobs.submit(order)).compose(admission -> switch (admission) {
            case Admission.Accepted(Job job, boolean repeated) -> atOnce ? acknowledged(job) : ended(job);
            case Admission.Full(int queued, int retrySeconds) ->
                throw Failure.of(
                        Category.EXCEEDED,
                        queued + " jobs wait for their turn, come again in " + retrySeconds + " s (limits.queuedJobs)");
            case Admission.KeyTaken(Job job) ->
                throw Failure.of(
                        Category.CONFLICT,
                        "Idempotency-Key: job " + job.id() + " has it, which was asked for something else");
            case Admission.Ending ending -> throw Failure.of(Category.UNAVAILABLE, "the service is about to end");
        });
    }

    private Future<ObjectNode> acknowledged(Job job) {
        return Here.on(context, jobs.acknowledge(job)).compose(durable -> disk(job::told));
    }

    private Future<ObjectNode> ended(Job job) {
        return Here.on(context, job.ended())
                .compose(ended -> disk(() -> {
                    Failure failure = job.failure();
                    if (failure != null) {
                        throw failure;
                    }
                    return job.told();
                }));
    }

    Future<ObjectNode> inspect(Message<?> message, ObjectNode body) {
        String reference = text(body, "image");
        ImageName name = ImageName.parse(reference);
        Platform wanted = platform(body);
        return disk(() -> images.plan(name, wanted)).compose(plan -> switch (plan) {
            case ImagePlan image -> open(image).compose(opened -> disk(() -> Description.of(reference, opened)));
            case ArtifactPlan artifact -> Future.succeededFuture(Description.of(reference, artifact));
        });
    }

    private Future<Image> open(ImagePlan plan) {
        return Here.on(context, images.open(plan));
    }

    Future<ObjectNode> delete(Message<?> message, ObjectNode body) {
        ImageName name = ImageName.parse(text(body, "image"));
        return writers.write(() -> changes.remove(List.of(name)));
    }

    Future<ObjectNode> mount(Message<?> message, ObjectNode body) {
        String reference = text(body, "image");
        ImageName name = ImageName.parse(reference);
        Platform wanted = platform(body);
        ViewOptions options = new ViewOptions(body.path("writable").booleanValue(), false, false, reference);
        return disk(() -> images.plan(name, wanted))
                .compose(plan -> switch (plan) {
                    case ImagePlan image -> open(image);
                    case ArtifactPlan artifact ->
                        throw Failure.invalid("got an artifact (" + artifact.type() + "), which cannot be mounted");
                })
                .compose(image -> writers.write(() -> changes.mount(image, options)));
    }

    Future<ObjectNode> unmount(Message<?> message, ObjectNode body) {
        String id = text(body, "id");
        return writers.write(() -> changes.unmount(id));
    }

    Future<ObjectNode> collect(Message<?> message, ObjectNode body) {
        boolean dryRun = body.path("dryRun").booleanValue();
        Callable<ObjectNode> collecting = () -> changes.collect(dryRun);
        return dryRun ? disk(collecting) : writers.write(collecting);
    }

    private static @Nullable Platform platform(ObjectNode body) {
        String platform = body.path("platform").textValue();
        return platform == null ? null : Platform.parse(platform);
    }

    private static String text(ObjectNode body, String field) {
        String text = body.path(field).textValue();
        if (text == null) {
            throw Failure.invalid("body: wanted " + field);
        }
        return text;
    }
}
