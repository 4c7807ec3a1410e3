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
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a job is ordered with, where it has to do with a registry.
 *
 * @param json as the contract has checked it, but for the credentials of builds
 * @param local whether it came by the socket of the store
 */
record OrderBody(ObjectNode json, boolean local) {
    private static final Set<String> CREDENTIALS = Set.of("username", "password", "identityToken", "registryToken");

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
        given.fieldNames().forEachRemaining(name -> {
            if (!CREDENTIALS.contains(name)) {
                throw Failure.invalid("credentials: there is no field " + name);
            }
        });
        String user = secret(given, "username");
        String registryToken = secret(given, "registryToken");
        String identityToken = secret(given, "identityToken");
        String password = secret(given, "password");
        if (registryToken != null) {
            return new Credential.BearerToken(registryToken);
        }
        if (identityToken != null) {
            return new Credential.RefreshToken(user == null ? "" : user, identityToken);
        }
        if (user == null || password == null) {
            throw Failure.invalid("credentials: wanted username and password, or identityToken, or registryToken");
        }
        return new Credential.Basic(user, password);
    }

    /** Which is not shown, whatever it is. */
    private static @Nullable String secret(JsonNode given, String name) {
        if (given.has(name) && !given.get(name).isTextual()) {
            throw Failure.invalid("credentials." + name + ": wanted a string");
        }
        return given.path(name).textValue();
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
