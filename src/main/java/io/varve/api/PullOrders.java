package io.varve.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Failure;
import io.varve.job.Order;
import io.varve.job.Work;
import io.varve.layout.LayoutReference;
import io.varve.oci.Digest;
import io.varve.oci.Json;
import io.varve.oci.Platform;
import io.varve.oci.Reference;
import io.varve.pipeline.Origin;
import io.varve.pipeline.Platforms;
import io.varve.pipeline.Pulls;
import io.varve.registry.Access;
import io.varve.registry.Credential;
import org.jspecify.annotations.Nullable;

/** What a pull is ordered with, in JSON, as an order. Any thread. */
final class PullOrders {
    private static final String KIND = "pull";

    private final Pulls pulls;
    private final StoreChanges changes;

    PullOrders(Pulls pulls, StoreChanges changes) {
        this.pulls = pulls;
        this.changes = changes;
    }

    /** What one pull serves. */
    private record Same(Origin.Remote origin, Platforms platforms) {}

    /**
     * @param body as the contract has checked it
     * @param key with which the caller may ask again; null for none
     */
    Order order(String caller, ObjectNode body, @Nullable String key) {
        String image = body.get("image").textValue();
        if (LayoutReference.matches(image)) {
            throw Failure.invalid(
                    "image: got " + image + ", wanted one of a registry: this machine's files are not for callers");
        }
        Credential credential = credential(body.get("credentials"));
        Origin.Remote origin = new Origin.Remote(Reference.normalized(image), new Access(credential, false, false));
        Platforms platforms = platforms(body.path("platform").textValue());
        Work work = (wanted, listener) -> pulls.begin(() -> pulls.pull(origin, platforms, wanted, listener))
                .map(pulled -> changes.pulled(told(pulled)));
        return new Order(
                caller,
                KIND,
                origin.toString(),
                key,
                request(body, credential).toString(),
                new Same(origin, platforms),
                work);
    }

    private static Platforms platforms(@Nullable String platform) {
        if (platform == null) {
            return new Platforms.Nearest(null);
        }
        return platform.equals("all") ? Platforms.All.ALL : new Platforms.Nearest(Platform.parse(platform));
    }

    private static @Nullable Credential credential(@Nullable JsonNode json) {
        if (json == null) {
            return null;
        }
        String user = json.path("username").asText();
        if (json.has("registryToken")) {
            return new Credential.BearerToken(json.get("registryToken").textValue());
        }
        if (json.has("identityToken")) {
            return new Credential.RefreshToken(user, json.get("identityToken").textValue());
        }
        if (!json.has("username") || !json.has("password")) {
            throw Failure.invalid("credentials: wanted username and password, or identityToken, or registryToken");
        }
        return new Credential.Basic(user, json.get("password").textValue());
    }

    /** Of all that was asked for but its secrets. */
    private static Digest request(ObjectNode body, @Nullable Credential credential) {
        ObjectNode open =
                Json.object().put("kind", KIND).put("image", body.get("image").textValue());
        open.put("platform", body.path("platform").asText());
        open.put("credential", credential == null ? "" : credential.toString());
        return Digest.sha256(Json.write(open));
    }

    private static ObjectNode told(Pulls.Pulled pulled) {
        return Json.object()
                .put("image", pulled.name())
                .put("digest", pulled.image().digest().toString())
                .put("mediaType", pulled.image().mediaType().toString())
                .put("size", pulled.image().size());
    }
}
