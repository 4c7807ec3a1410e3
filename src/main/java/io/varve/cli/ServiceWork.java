package io.varve.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.archive.Imports;
import io.varve.build.BuildSpec;
import io.varve.catalogue.Node;
import io.varve.client.ServiceClient;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.layout.LayoutReference;
import io.varve.layout.NamedImage;
import io.varve.oci.Compression;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.ImageName;
import io.varve.oci.Json;
import io.varve.oci.MediaType;
import io.varve.oci.Platform;
import io.varve.oci.Reference;
import io.varve.pipeline.Origin;
import io.varve.pipeline.Platforms;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.Pulls;
import io.varve.push.Pushed;
import io.varve.registry.Access;
import io.varve.registry.Credential;
import io.varve.registry.Repository;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Asked of the service that serves the store, with the caller's credentials. Layouts and archives it reads by itself where it runs as the
 * same user; else it may not, and the command does that work.
 *
 * @param useCases what the command does by itself
 * @param own the same
 */
record ServiceWork(ServiceClient service, UseCases useCases, StoreWork own) implements StoreWork {

    /** One image that is asked for. */
    private record Asked(String subject, ObjectNode order) {}

    @Override
    public List<Pulls.Outcome> pull(
            List<Origin> origins, @Nullable Reference name, Platforms platforms, PullListener listener) {
        if (!service.isOurs() && origins.stream().anyMatch(Origin.Local.class::isInstance)) {
            return own.pull(origins, name, platforms, listener);
        }
        List<Asked> asked = origins.stream()
                .flatMap(origin -> asked(origin, name, platforms).stream())
                .toList();
        if (name != null && asked.size() != 1) {
            throw Failure.invalid("got " + asked.size() + " images, wanted one to be named " + name);
        }
        return pull(asked, listener);
    }

    private List<Pulls.Outcome> pull(List<Asked> asked, PullListener listener) {
        List<ServiceClient.Ended> ended =
                service.pull(asked.stream().map(Asked::order).toList(), listener);
        if (Thread.currentThread().isInterrupted()) {
            throw Failure.from(new InterruptedException());
        }
        List<Pulls.Outcome> outcomes = new ArrayList<>();
        for (int i = 0; i < ended.size(); i++) {
            outcomes.add(outcome(asked.get(i).subject(), ended.get(i)));
        }
        return outcomes;
    }

    private List<Asked> asked(Origin origin, @Nullable Reference name, Platforms platforms) {
        return switch (origin) {
            case Origin.Remote remote -> List.of(new Asked(origin.toString(), order(remote, name, platforms)));
            case Origin.Local local ->
                useCases.pulls().images(local.reference()).stream()
                        .map(image -> asked(local.reference(), image, name, platforms))
                        .toList();
        };
    }

    /** By what it is, since a layout may have one name twice; it is called what the layout calls it. */
    private static Asked asked(
            LayoutReference layout, NamedImage image, @Nullable Reference name, Platforms platforms) {
        String called = name == null ? image.name() : name.toString();
        ObjectNode order = order(exactly(layout, image.descriptor().digest()), platforms);
        if (called != null) {
            order.put("name", called);
        }
        return new Asked(layout.toString(), order);
    }

    private static String exactly(LayoutReference layout, Digest image) {
        return new LayoutReference(layout.form(), layout.path().toAbsolutePath(), null, image).toString();
    }

    @Override
    public void bring(LayoutReference reference, @Nullable Platform platform, PullListener listener) {
        if (!service.isOurs() || useCases.images().has(reference, platform)) {
            return;
        }
        Digest image =
                useCases.pulls().images(reference).getFirst().descriptor().digest();
        ObjectNode order = order(exactly(reference, image), new Platforms.Nearest(platform))
                .put("unnamed", true);
        Failure failure = pull(List.of(new Asked(reference.toString(), order)), listener)
                .getFirst()
                .failure();
        if (failure != null) {
            throw failure;
        }
    }

    private static ObjectNode order(String image, Platforms platforms) {
        ObjectNode order = Json.object().put("image", image);
        switch (platforms) {
            case Platforms.All _ -> order.put("platform", "all");
            case Platforms.Present _ -> order.put("platform", "present");
            case Platforms.Nearest(var platform) -> {
                if (platform != null) {
                    order.put("platform", platform.toString());
                }
            }
        }
        return order;
    }

    private ObjectNode order(Origin.Remote origin, @Nullable Reference name, Platforms platforms) {
        ObjectNode order = order(origin.reference().toString(), platforms);
        if (name != null) {
            order.put("name", name.toString());
        }
        return reached(order, origin.reference(), origin.access());
    }

    @Override
    public Pushed push(
            ImageName image,
            @Nullable Compression compression,
            Reference destination,
            Access access,
            PullListener listener) {
        ObjectNode order = Json.object().put("image", image.toString()).put("destination", destination.toString());
        if (compression != null) {
            order.put("compression", compression.toString());
        }
        ServiceClient.Ended ended = service.push(reached(order, destination, access), listener);
        if (Thread.currentThread().isInterrupted()) {
            throw Failure.from(new InterruptedException());
        }
        if (ended.job() == null || ended.failure() != null) {
            throw ended.failure() == null ? Failure.of(Category.INTERNAL, "got no job") : ended.failure();
        }
        JsonNode result = ended.job().get("result");
        return new Pushed(result.get("image").textValue(), descriptor(result));
    }

    /** The order with how the registry of the reference is to be reached. */
    private ObjectNode reached(ObjectNode order, Reference reference, Access access) {
        return reached(order, access, credential(reference, access));
    }

    private static ObjectNode reached(ObjectNode order, Access access, @Nullable Credential credential) {
        if (access.plainHttp()) {
            order.put("plainHttp", true);
        }
        if (access.insecure()) {
            order.put("insecure", true);
        }
        if (credential != null) {
            order.set("credentials", json(credential));
        }
        return order;
    }

    private @Nullable Credential credential(Reference reference, Access access) {
        if (access.credential() != null) {
            return access.credential();
        }
        Repository repository = Repository.of(reference.forPull(), access);
        return useCases.credentials().find(repository.host(), repository.path()).orElse(null);
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

    private static Pulls.Outcome outcome(String subject, ServiceClient.Ended ended) {
        ObjectNode job = ended.job();
        if (job == null || ended.failure() != null) {
            return new Pulls.Outcome(subject, null, ended.failure());
        }
        JsonNode result = job.get("result");
        return new Pulls.Outcome(subject, descriptor(result), null);
    }

    private static Descriptor descriptor(JsonNode result) {
        return Descriptor.of(
                MediaType.parse(result.get("mediaType").textValue()),
                Digest.parse(result.get("digest").textValue()),
                result.get("size").longValue());
    }

    /** Whoever runs as the same user can read the same files. A spec that is more than it takes is the command's own work. */
    @Override
    public Descriptor build(ObjectNode json, BuildSpec spec, Path context, Access access, PullListener listener) {
        if (!service.isOurs()) {
            return own.build(json, spec, context, access, listener);
        }
        ObjectNode order = json.deepCopy().put("context", context.toString());
        // It has the same ones as we, but for those that were typed.
        reached(order, access, access.credential());
        if (Json.write(order).length > useCases.http().limits().requestBytes()) {
            return own.build(json, spec, context, access, listener);
        }
        Pulls.Outcome outcome = outcome("build", service.build(order, listener));
        if (Thread.currentThread().isInterrupted()) {
            throw Failure.from(new InterruptedException());
        }
        if (outcome.failure() != null) {
            throw outcome.failure();
        }
        return Objects.requireNonNull(outcome.image());
    }

    /** A directory it reads by itself, where it may; a file may be one that only the caller can read. */
    @Override
    public List<Imports.Imported> bringIn(Arriving arriving, PullListener listener) {
        if (Arrivals.isDirectory(arriving)) {
            return Arrivals.layout(this, arriving, listener);
        }
        List<Imports.Imported> imported = new ArrayList<>();
        try (FileChannel in = Arrivals.open(arriving)) {
            List<Reference> names = arriving.names();
            ObjectNode answer = service.bringIn(
                    in,
                    arriving.format() == null ? null : arriving.format().toString(),
                    names.isEmpty() ? null : names.getFirst().toString(),
                    arriving.platform() == null ? null : arriving.platform().toString());
            for (JsonNode each : answer.get("images")) {
                Digest digest = Digest.parse(each.get("digest").textValue());
                imported.add(new Imports.Imported(
                        Descriptor.of(
                                MediaType.parse(each.get("mediaType").textValue()),
                                digest,
                                each.get("size").longValue()),
                        names));
                names.stream().skip(1).forEach(name -> tag(digest, name));
            }
            return imported;
        } catch (IOException e) {
            throw Failure.from(e);
        }
    }

    @Override
    public void tag(ImageName image, Reference name) {
        service.tag(image.toString(), name.toString());
    }

    @Override
    public List<String> remove(List<ImageName> images) {
        if (images.size() > ServiceClient.MOST_REMOVED) {
            return own.remove(images);
        }
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
