package io.varve.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.catalogue.Node;
import io.varve.client.ServiceClient;
import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.ImageName;
import io.varve.oci.Json;
import io.varve.oci.MediaType;
import io.varve.oci.Reference;
import io.varve.pipeline.Origin;
import io.varve.pipeline.Platforms;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.Pulls;
import io.varve.registry.Access;
import io.varve.registry.Credential;
import io.varve.registry.Credentials;
import io.varve.registry.Repository;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Asked of the service that serves the store, with the caller's credentials. What comes from layouts and archives the command brings by
 * itself: the service may not be allowed to read them.
 *
 * @param own what the command does by itself
 */
record ServiceWork(ServiceClient service, Credentials credentials, StoreWork own) implements StoreWork {
    @Override
    public List<Pulls.Outcome> pull(
            List<Origin> origins, @Nullable Reference name, Platforms platforms, PullListener listener) {
        List<ObjectNode> orders = new ArrayList<>();
        for (Origin origin : origins) {
            if (!(origin instanceof Origin.Remote remote)) {
                return own.pull(origins, name, platforms, listener);
            }
            orders.add(order(remote, name, platforms));
        }
        if (name != null && origins.size() != 1) {
            throw Failure.invalid("got " + origins.size() + " images, wanted one to be named " + name);
        }
        List<ServiceClient.Ended> ended = service.pull(orders, listener);
        if (Thread.currentThread().isInterrupted()) {
            throw Failure.from(new InterruptedException());
        }
        List<Pulls.Outcome> outcomes = new ArrayList<>();
        for (int i = 0; i < ended.size(); i++) {
            outcomes.add(outcome(origins.get(i), ended.get(i)));
        }
        return outcomes;
    }

    private ObjectNode order(Origin.Remote origin, @Nullable Reference name, Platforms platforms) {
        ObjectNode order = Json.object().put("image", origin.reference().toString());
        if (name != null) {
            order.put("name", name.toString());
        }
        switch (platforms) {
            case Platforms.All _ -> order.put("platform", "all");
            case Platforms.Nearest(var platform) -> {
                if (platform != null) {
                    order.put("platform", platform.toString());
                }
            }
        }
        Access access = origin.access();
        if (access.plainHttp()) {
            order.put("plainHttp", true);
        }
        if (access.insecure()) {
            order.put("insecure", true);
        }
        Credential credential = credential(origin);
        if (credential != null) {
            order.set("credentials", json(credential));
        }
        return order;
    }

    private @Nullable Credential credential(Origin.Remote origin) {
        if (origin.access().credential() != null) {
            return origin.access().credential();
        }
        Repository repository = Repository.of(origin.reference().forPull(), origin.access());
        return credentials.find(repository.host(), repository.path()).orElse(null);
    }

    private static ObjectNode json(Credential credential) {
        return switch (credential) {
            case Credential.Basic(String user, String password) ->
                Json.object().put("username", user).put("password", password);
            case Credential.RefreshToken(String user, String token) ->
                Json.object().put("username", user).put("identityToken", token);
            case Credential.BearerToken(String token) -> Json.object().put("registryToken", token);
        };
    }

    private static Pulls.Outcome outcome(Origin origin, ServiceClient.Ended ended) {
        ObjectNode job = ended.job();
        if (job == null || ended.failure() != null) {
            return new Pulls.Outcome(origin.toString(), null, ended.failure());
        }
        JsonNode result = job.get("result");
        return new Pulls.Outcome(
                origin.toString(),
                Descriptor.of(
                        MediaType.parse(result.get("mediaType").textValue()),
                        Digest.parse(result.get("digest").textValue()),
                        result.get("size").longValue()),
                null);
    }

    @Override
    public void tag(ImageName image, Reference name) {
        service.tag(image.toString(), name.toString());
    }

    @Override
    public List<String> remove(List<ImageName> images) {
        return service.remove(images.stream().map(ImageName::toString).toList());
    }

    @Override
    public Removed collect(boolean dryRun) {
        ObjectNode collected = service.collect(dryRun);
        List<Node> nodes = new ArrayList<>();
        for (JsonNode each : collected.get("removed")) {
            Node.Kind kind = Node.Kind.valueOf(each.get("kind").textValue().toUpperCase(Locale.ROOT));
            nodes.add(new Node(kind, Digest.parse(each.get("digest").textValue())));
        }
        return new Removed(nodes, collected.get("bytes").longValue());
    }
}
