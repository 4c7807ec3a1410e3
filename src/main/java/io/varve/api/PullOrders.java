package io.varve.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Failure;
import io.varve.image.Naming;
import io.varve.job.Order;
import io.varve.job.Work;
import io.varve.layout.LayoutReference;
import io.varve.oci.Json;
import io.varve.oci.Platform;
import io.varve.oci.Reference;
import io.varve.pipeline.Origin;
import io.varve.pipeline.Platforms;
import io.varve.pipeline.Pulls;
import io.varve.registry.Access;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a pull is ordered with, in JSON, as an order. Any thread. */
final class PullOrders {
    private static final String KIND = "pull";
    private static final List<String> LOCAL_FIELDS = List.of("name", "unnamed", "plainHttp", "insecure");
    private static final List<String> FIELDS = List.of("image", "platform", "name", "unnamed", "plainHttp", "insecure");

    private final Pulls pulls;
    private final StoreChanges changes;
    private final boolean strangers;

    /** @param strangers whether callers have to say who they are, because what one may have another may not */
    PullOrders(Pulls pulls, StoreChanges changes, boolean strangers) {
        this.pulls = pulls;
        this.changes = changes;
        this.strangers = strangers;
    }

    /** What one pull serves. */
    private record Same(Origin origin, @Nullable Reference name, boolean unnamed, Platforms platforms) {}

    /**
     * @param local whether it came by the socket of the store
     * @param body as the contract has checked it
     * @param key with which the caller may ask again; null for none
     */
    Order order(String caller, boolean local, ObjectNode body, @Nullable String key) {
        OrderBody asked = new OrderBody(body, local);
        asked.refuseUnlessLocal(LOCAL_FIELDS);
        Origin origin = origin(asked.text("image"), asked.access(), local);
        boolean unnamed = body.path("unnamed").booleanValue();
        Reference name = body.has("name") ? Naming.name(asked.text("name")) : null;
        Platforms platforms = platforms(body.path("platform").textValue(), local);
        Work work = (wanted, listener) -> pulls.begin(
                        wanted,
                        going -> pulls.pull(origin, name, unnamed, platforms, strangers && !local, going, listener))
                .map(pulled -> changes.pulled(told(pulled)));
        return new Order(
                caller,
                KIND,
                origin.toString(),
                key,
                asked.request(KIND, FIELDS),
                new Same(origin, name, unnamed, platforms),
                work);
    }

    private static Origin origin(String image, Access access, boolean local) {
        if (!LayoutReference.matches(image)) {
            return new Origin.Remote(Reference.normalized(image), access);
        }
        if (!local) {
            throw Failure.invalid(
                    "image: got " + image + ", wanted one of a registry: this machine's files are not for callers");
        }
        return new Origin.Local(LayoutReference.parse(image));
    }

    private static Platforms platforms(@Nullable String platform, boolean local) {
        if (platform == null) {
            return new Platforms.Nearest(null);
        }
        if (local && platform.equals("present")) {
            return Platforms.Present.PRESENT;
        }
        return platform.equals("all") ? Platforms.All.ALL : new Platforms.Nearest(Platform.parse(platform));
    }

    private static ObjectNode told(Pulls.Pulled pulled) {
        return Json.object()
                .put("image", pulled.name())
                .put("digest", pulled.image().digest().toString())
                .put("mediaType", pulled.image().mediaType().toString())
                .put("size", pulled.image().size());
    }
}
