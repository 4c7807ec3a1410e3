package io.varve.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Digest;
import io.varve.oci.Json;
import io.varve.registry.Access;
import io.varve.registry.Credential;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a job is ordered with, where it has to do with a registry.
 *
 * @param json as the contract has checked it
 * @param local whether it came by the socket of the store
 */
record OrderBody(ObjectNode json, boolean local) {

    /** Whoever asks by other ways is not to decide how registries are reached, and what others' names lead to. */
    void refuseUnlessLocal(List<String> fields) {
        for (String field : fields) {
            if (!local && json.has(field)) {
                throw Failure.of(Category.UNAUTHORIZED, field + ": is for those who ask by the socket of the store");
            }
        }
    }

    /** A field that there is. */
    String text(String field) {
        return json.get(field).textValue();
    }

    /** As whom a registry is asked, and how. Whoever asks by the socket can go by himself wherever we can. */
    Access access() {
        return new Access(
                credential(),
                json.path("plainHttp").booleanValue(),
                json.path("insecure").booleanValue(),
                local);
    }

    private @Nullable Credential credential() {
        JsonNode given = json.get("credentials");
        if (given == null) {
            return null;
        }
        String user = given.path("username").asText();
        if (given.has("registryToken")) {
            return new Credential.BearerToken(given.get("registryToken").textValue());
        }
        if (given.has("identityToken")) {
            return new Credential.RefreshToken(user, given.get("identityToken").textValue());
        }
        if (!given.has("username") || !given.has("password")) {
            throw Failure.invalid("credentials: wanted username and password, or identityToken, or registryToken");
        }
        return new Credential.Basic(user, given.get("password").textValue());
    }

    /** Tells orders apart: of all that was asked for but its secrets. */
    String request(String kind, List<String> fields) {
        ObjectNode open = Json.object().put("kind", kind);
        for (String field : fields) {
            if (json.has(field)) {
                open.set(field, json.get(field));
            }
        }
        Credential credential = credential();
        open.put("credential", credential == null ? "" : credential.toString());
        return Digest.sha256(Json.write(open)).toString();
    }
}
