package io.varve.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.bundle.BundleOptions;
import io.varve.catalogue.Entry;
import io.varve.catalogue.Node;
import io.varve.distribution.Changes;
import io.varve.gc.Collected;
import io.varve.image.Rootfs;
import io.varve.oci.Descriptor;
import io.varve.oci.ImageName;
import io.varve.oci.Json;
import io.varve.oci.Reference;
import io.varve.pipeline.Image;
import io.varve.view.View;
import io.varve.view.ViewOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * What callers change of the store, as they are answered, and as everybody on the bus is told at {@link #EVENTS}: the answer, with a
 * {@code change} that is {@code pulled}, {@code built}, {@code pushed}, {@code imported}, {@code tagged}, {@code removed}, {@code collected}, {@code mounted} or
 * {@code unmounted}. What
 * other processes do is not told. Any thread; blocks, where nothing else is said.
 */
final class StoreChanges implements Changes {
    static final String EVENTS = "varve.events.store";

    private final Services services;
    private final EventBus bus;

    StoreChanges(Services services, EventBus bus) {
        this.services = services;
        this.bus = bus;
    }

    private ObjectNode told(String change, ObjectNode answer) {
        JsonObject event = new JsonObject().put("change", change);
        bus.publish(EVENTS, event.mergeIn(JsonObject.mapFrom(answer)));
        return answer;
    }

    /** Does not block. */
    ObjectNode pulled(ObjectNode result) {
        return told("pulled", result);
    }

    /** Does not block. */
    ObjectNode built(ObjectNode result) {
        return told("built", result);
    }

    /** Does not block. */
    ObjectNode imported(ObjectNode answer) {
        return told("imported", answer);
    }

    @Override
    public void pushed(String name, Descriptor image) {
        ObjectNode _ = told("pushed", named(name, image));
    }

    @Override
    public void removed(List<String> names) {
        ObjectNode answer = Json.object();
        names.forEach(answer.putArray("removed")::add);
        ObjectNode _ = told("removed", answer);
    }

    private static ObjectNode named(String name, Descriptor image) {
        return Json.object()
                .put("name", name)
                .put("digest", image.digest().toString())
                .put("mediaType", image.mediaType().toString());
    }

    ObjectNode tag(ImageName image, Reference name) {
        Descriptor found = services.naming().tag(image, name);
        return told("tagged", named(name.toString(), found));
    }

    /** All of them or none. */
    ObjectNode remove(List<ImageName> names) {
        ObjectNode answer = Json.object();
        services.naming().remove(names).forEach(answer.putArray("removed")::add);
        return told("removed", answer);
    }

    /** @param dryRun changes nothing, so nobody is told */
    ObjectNode collect(boolean dryRun) {
        Instant now = Instant.now();
        return dryRun
                ? json(services.collector().preview(now), true)
                : told("collected", json(services.collector().collect(now), false));
    }

    private static ObjectNode json(Collected collected, boolean dryRun) {
        ObjectNode json = Json.object().put("dryRun", dryRun).put("bytes", collected.bytes());
        ArrayNode removed = json.putArray("removed");
        for (Entry entry : collected.entries()) {
            removed.add(json(entry.node()).put("size", entry.size()));
        }
        return json;
    }

    static ObjectNode json(Node node) {
        return Json.object()
                .put("kind", node.kind().name().toLowerCase(Locale.ROOT))
                .put("digest", node.digest().toString());
    }

    ObjectNode mount(Image image, ViewOptions options) {
        return told("mounted", json(services.rootfs().mount(image, options)));
    }

    ObjectNode bundle(Image image, BundleOptions options) {
        return told("mounted", json(services.bundles().create(image, options)));
    }

    ObjectNode unmount(String id) {
        services.rootfs().remove(id);
        return told("unmounted", Json.object().put("id", id));
    }

    static ObjectNode json(View view) {
        Optional<Path> bundle = Rootfs.bundle(view);
        return Json.object()
                .put("id", view.id())
                .put("path", bundle.orElse(view.directory()).toString())
                .put("bundle", bundle.isPresent())
                .put("image", view.image())
                .put("chainId", view.chainId().toString())
                .put("writable", view.writable());
    }
}
