package io.varve.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Failure;
import io.varve.http.Outgoing;
import io.varve.image.Rootfs;
import io.varve.manifest.ArtifactPlan;
import io.varve.manifest.ImagePlan;
import io.varve.oci.Json;
import io.varve.view.ViewOptions;
import io.vertx.core.Future;

/** Root filesystems for callers on this machine. Belongs to one event loop. */
final class RootfsFace {
    private final StoreChanges changes;
    private final Rootfs rootfs;
    private final Plans plans;
    private final OpenImages open;
    private final Outgoing outgoing;

    RootfsFace(StoreChanges changes, Rootfs rootfs, Plans plans, OpenImages open, Outgoing outgoing) {
        this.changes = changes;
        this.rootfs = rootfs;
        this.plans = plans;
        this.open = open;
        this.outgoing = outgoing;
    }

    Future<Void> create(Exchange exchange) {
        ObjectNode body = exchange.body();
        String reference = body.get("image").textValue();
        ViewOptions options = new ViewOptions(body.path("writable").booleanValue(), false, false, reference);
        Plans.Asked asked = Plans.Asked.of(reference, body.path("platform").textValue());
        return plans.find(asked)
                .compose(plan -> switch (plan) {
                    case ImagePlan image -> open.open(image.descriptor().digest(), asked);
                    case ArtifactPlan artifact ->
                        throw Failure.invalid("got an artifact (" + artifact.type() + "), which cannot be mounted");
                })
                .compose(image -> outgoing.disk(() -> changes.mount(image, options)))
                .compose(mounted -> {
                    exchange.response()
                            .putHeader(
                                    "Location",
                                    "/v1/rootfs/" + mounted.get("id").textValue());
                    return exchange.answer(201, mounted);
                });
    }

    Future<Void> list(Exchange exchange) {
        return outgoing.disk(rootfs::mounted).compose(views -> {
            ObjectNode told = Json.object();
            ArrayNode all = told.putArray("rootfs");
            views.forEach(view -> all.add(StoreChanges.json(view)));
            return exchange.answer(200, told);
        });
    }

    Future<Void> remove(Exchange exchange) {
        String id = exchange.path("id");
        return outgoing.disk(() -> changes.unmount(id)).compose(unmounted -> exchange.answer(200, unmounted));
    }
}
