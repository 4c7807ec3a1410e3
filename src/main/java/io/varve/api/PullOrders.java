package io.varve.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.image.Naming;
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
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a pull is ordered with, in JSON, as an order. Any thread. */
final class PullOrders {
    private static final String KIND = "pull";
    private static final List<String> LOCAL_FIELDS = List.of("name", "unnamed", "plainHttp", "insecure");

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
        if (!local) {
            refuseLocal(body);
        }
        Credential credential = credential(body.get("credentials"));
        Origin origin = origin(body.get("image").textValue(), access(credential, local, body), local);
        boolean unnamed = body.path("unnamed").booleanValue();
        Reference name = body.has("name") ? Naming.name(body.get("name").textValue()) : null;
        Platforms platforms = platforms(body.path("platform").textValue());
        Work work = (wanted, listener) -> pulls.begin(
                        () -> pulls.pull(origin, name, unnamed, platforms, strangers && !local, wanted, listener))
                .map(pulled -> changes.pulled(told(pulled)));
        return new Order(
                caller,
                KIND,
                origin.toString(),
                key,
                request(body, credential).toString(),
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

    /** Whoever asks by other ways is not to decide how registries are reached, and what others' names lead to. */
    private static void refuseLocal(ObjectNode body) {
        for (String field : LOCAL_FIELDS) {
            if (body.has(field)) {
                throw Failure.of(Category.UNAUTHORIZED, field + ": is for those who ask by the socket of the store");
            }
        }
    }

    /** Whoever asks by the socket can go by himself wherever we can. */
    private static Access access(@Nullable Credential credential, boolean local, ObjectNode body) {
        return new Access(
                credential,
                body.path("plainHttp").booleanValue(),
                body.path("insecure").booleanValue(),
                local);
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
        LOCAL_FIELDS.stream().filter(body::has).forEach(field -> open.set(field, body.get(field)));
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
