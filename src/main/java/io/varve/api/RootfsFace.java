package io.varve.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.auth.Action;
import io.varve.auth.Scopes;
import io.varve.bundle.BundleOptions;
import io.varve.failure.Failure;
import io.varve.http.Outgoing;
import io.varve.image.Rootfs;
import io.varve.manifest.ArtifactPlan;
import io.varve.manifest.ImagePlan;
import io.varve.oci.ImageName;
import io.varve.oci.Json;
import io.varve.pipeline.Image;
import io.varve.view.View;
import io.varve.view.ViewOptions;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Root filesystems for callers on this machine. Belongs to one event loop. */
final class RootfsFace {
    private final StoreChanges changes;
    private final Rootfs rootfs;
    private final Sight sight;
    private final Plans plans;
    private final OpenImages open;
    private final Outgoing outgoing;
    private final Writers writers;

    RootfsFace(
            StoreChanges changes,
            Rootfs rootfs,
            Sight sight,
            Plans plans,
            OpenImages open,
            Outgoing outgoing,
            Writers writers) {
        this.changes = changes;
        this.rootfs = rootfs;
        this.sight = sight;
        this.plans = plans;
        this.open = open;
        this.outgoing = outgoing;
        this.writers = writers;
    }

    Future<Void> create(Exchange exchange) {
        ObjectNode body = exchange.body();
        String reference = body.get("image").textValue();
        ViewOptions options = new ViewOptions(body.path("writable").booleanValue(), false, false, reference);
        return create(exchange, reference, image -> changes.mount(image, options));
    }

    /** With the root filesystem mounted as well. */
    Future<Void> bundle(Exchange exchange) {
        ObjectNode body = exchange.body();
        String reference = body.get("image").textValue();
        BundleOptions options = new BundleOptions(
                body.path("writable").asBoolean(true) ? BundleOptions.Root.WRITABLE : BundleOptions.Root.READ_ONLY,
                body.has("args") ? texts(body.get("args")) : null,
                texts(body.path("env")),
                body.path("user").textValue(),
                false,
                reference);
        return create(exchange, reference, image -> changes.bundle(image, options));
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(each -> texts.add(each.textValue()));
        return texts;
    }

    /** @param making blocks */
    private Future<Void> create(Exchange exchange, String reference, Function<Image, ObjectNode> making) {
        ObjectNode body = exchange.body();
        Plans.Asked asked = Plans.Asked.of(reference, body.path("platform").textValue());
        return plans.find(exchange.scopes(), Action.ROOTFS, asked)
                .compose(plan -> switch (plan) {
                    case ImagePlan image -> open.open(image);
                    case ArtifactPlan artifact ->
                        throw Failure.invalid("got an artifact (" + artifact.type() + "), which cannot be mounted");
                })
                .compose(image -> writers.write(() -> making.apply(image)))
                .compose(mounted -> {
                    exchange.response()
                            .putHeader(
                                    "Location",
                                    "/v1/rootfs/" + mounted.get("id").textValue());
                    return exchange.answer(201, mounted);
                });
    }

    Future<Void> list(Exchange exchange) {
        return outgoing.disk(() -> mounted(exchange.scopes())).compose(views -> {
            ObjectNode told = Json.object();
            ArrayNode all = told.putArray("rootfs");
            views.forEach(view -> all.add(StoreChanges.json(view)));
            return exchange.answer(200, told);
        });
    }

    Future<Void> remove(Exchange exchange) {
        String id = exchange.path("id");
        return writers.write(() -> {
                    if (mounted(exchange.scopes()).stream()
                            .noneMatch(view -> view.id().equals(id))) {
                        throw Failure.notFound("got no rootfs " + id);
                    }
                    return changes.unmount(id);
                })
                .compose(unmounted -> exchange.answer(200, unmounted));
    }

    /** Those that there are for him; whoever may have everything mounted has them all. */
    private List<View> mounted(Scopes scopes) {
        return rootfs.mounted().stream()
                .filter(view -> scopes.allowAll(Action.ROOTFS)
                        || sight.allows(scopes, Action.ROOTFS, ImageName.parse(view.image())))
                .toList();
    }
}
