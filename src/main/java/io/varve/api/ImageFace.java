package io.varve.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.varve.auth.Action;
import io.varve.catalogue.StoredImage;
import io.varve.http.Outgoing;
import io.varve.image.Description;
import io.varve.image.Naming;
import io.varve.manifest.ArtifactPlan;
import io.varve.manifest.ImagePlan;
import io.varve.manifest.Plan;
import io.varve.oci.Digest;
import io.varve.oci.ImageName;
import io.varve.oci.Json;
import io.varve.oci.Reference;
import io.varve.store.Store;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;

/** The images of the store over HTTP. Belongs to one event loop. */
final class ImageFace {
    private static final int LISTED = 100;

    /** Bytes of them that are kept. */
    private static final long DESCRIPTIONS = 16L << 20;

    /** What a description depends on: under its name an image says what it was asked for by. */
    private record Described(String reference, Digest manifest) {}

    private final Store store;
    private final StoreChanges changes;
    private final Sight sight;
    private final Plans plans;
    private final OpenImages open;
    private final Outgoing outgoing;
    private final Writers writers;
    private final Cache<Described, byte[]> descriptions = Caffeine.newBuilder()
            .maximumWeight(DESCRIPTIONS)
            .<Described, byte[]>weigher((asked, description) -> description.length)
            // On the event loop: there is little to do.
            .executor(Runnable::run)
            .build();

    ImageFace(
            Store store,
            StoreChanges changes,
            Sight sight,
            Plans plans,
            OpenImages open,
            Outgoing outgoing,
            Writers writers) {
        this.store = store;
        this.changes = changes;
        this.sight = sight;
        this.plans = plans;
        this.open = open;
        this.outgoing = outgoing;
        this.writers = writers;
    }

    Future<Void> list(Exchange exchange) {
        String prefix = exchange.query("prefix");
        String after = exchange.query("after");
        int limit = exchange.query("limit", LISTED);
        List<String> beginnings = exchange.scopes().beginnings(Action.READ, prefix == null ? "" : prefix);
        return outgoing.disk(() -> listed(beginnings, after == null ? "" : after, limit + 1))
                .compose(found -> {
                    ObjectNode page = Json.object();
                    ArrayNode listed = page.putArray("images");
                    found.stream().limit(limit).map(Description::of).forEach(listed::add);
                    if (found.size() > limit) {
                        StoredImage last = found.get(limit - 1);
                        page.put("next", last.name());
                    }
                    return exchange.answer(200, page);
                });
    }

    private List<StoredImage> listed(List<String> beginnings, String after, int limit) {
        return store.read(catalogue -> {
                    List<StoredImage> found = new ArrayList<>();
                    beginnings.forEach(each -> found.addAll(catalogue.images(each, after, limit - found.size())));
                    return found;
                })
                .orElse(List.of());
    }

    Future<Void> get(Exchange exchange) {
        String reference = exchange.path("ref");
        Plans.Asked asked = Plans.Asked.of(reference, exchange.query("platform"));
        return plans.find(exchange.scopes(), Action.READ, asked)
                .compose(plan -> described(reference, plan))
                .compose(described -> exchange.answer(200, "application/json", described));
    }

    private Future<byte[]> described(String reference, Plan plan) {
        Described what = new Described(reference, plan.descriptor().digest());
        byte[] known = descriptions.getIfPresent(what);
        if (known != null) {
            return Future.succeededFuture(known);
        }
        Future<byte[]> made =
                switch (plan) {
                    case ImagePlan image ->
                        open.open(image)
                                .compose(opened -> outgoing.disk(() -> Json.write(Description.of(reference, opened))));
                    case ArtifactPlan artifact ->
                        Future.succeededFuture(Json.write(Description.of(reference, artifact)));
                };
        return made.onSuccess(description -> descriptions.put(what, description));
    }

    Future<Void> delete(Exchange exchange) {
        ImageName name = ImageName.parse(exchange.path("ref"));
        return writers.write(() -> changes.remove(List.of(sight.removed(exchange.scopes(), name))))
                .compose(removed -> exchange.answer(200, removed));
    }

    Future<Void> remove(Exchange exchange) {
        List<ImageName> names = new ArrayList<>();
        exchange.body().get("images").forEach(name -> names.add(ImageName.parse(name.textValue())));
        return writers.write(() -> changes.remove(names.stream()
                        .map(name -> sight.removed(exchange.scopes(), name))
                        .toList()))
                .compose(removed -> exchange.answer(200, removed));
    }

    Future<Void> tag(Exchange exchange) {
        ImageName image = ImageName.parse(exchange.path("ref"));
        Reference name = Naming.name(exchange.path("new"));
        exchange.require(Action.WRITE, name);
        return sight.require(exchange.scopes(), Action.READ, image)
                .compose(seen -> writers.write(() -> changes.tag(image, name)))
                .compose(tagged -> exchange.answer(200, tagged));
    }
}
