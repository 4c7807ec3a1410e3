package io.varve.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.build.Builds;
import io.varve.job.Order;
import io.varve.job.Work;
import io.varve.oci.Compression;
import io.varve.oci.ImageName;
import io.varve.oci.Json;
import io.varve.oci.Reference;
import io.varve.pipeline.Pulls;
import io.varve.push.Pushed;
import io.varve.push.Pushes;
import io.varve.registry.Access;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a push is ordered with, in JSON, as an order. Any thread. */
final class PushOrders {
    private static final String KIND = "push";
    private static final List<String> LOCAL_FIELDS = List.of("plainHttp", "insecure");
    private static final List<String> FIELDS = List.of("image", "destination", "compression", "plainHttp", "insecure");

    private final Pulls pulls;
    private final Pushes pushes;
    private final Builds builds;

    PushOrders(Services services) {
        pulls = services.pulls();
        pushes = services.pushes();
        builds = services.builds();
    }

    /** What one push serves. */
    private record Same(
            ImageName image,
            Reference destination,
            @Nullable Compression compression,
            Access access) {}

    static ImageName image(ObjectNode body) {
        return ImageName.parse(body.get("image").textValue());
    }

    static Reference destination(ObjectNode body) {
        return body.has("destination")
                ? Reference.normalized(body.get("destination").textValue()).withDefaultTag()
                : Pushes.destination(image(body));
    }

    /** As {@link PullOrders#order}. */
    Order order(String caller, boolean local, ObjectNode body, @Nullable String key) {
        OrderBody asked = new OrderBody(body, local);
        asked.refuseUnlessLocal(LOCAL_FIELDS);
        ImageName image = image(body);
        Reference destination = destination(body);
        Access access = asked.access();
        Compression compression = compression(body);
        Work work = (wanted, listener) -> (compression == null
                        ? pulls.begin(wanted, going -> pushes.push(image, destination, access, going, listener))
                        : builds.push(image, compression, destination, access, wanted, listener))
                .map(PushOrders::told);
        return new Order(
                caller,
                KIND,
                destination.toString(),
                key,
                asked.request(KIND, FIELDS),
                new Same(image, destination, compression, access),
                work);
    }

    private static @Nullable Compression compression(ObjectNode body) {
        return body.has("compression")
                ? Compression.parse(body.get("compression").asText())
                : null;
    }

    private static ObjectNode told(Pushed pushed) {
        return Json.object()
                .put("image", pushed.name())
                .put("digest", pushed.image().digest().toString())
                .put("mediaType", pushed.image().mediaType().toString())
                .put("size", pushed.image().size());
    }
}
