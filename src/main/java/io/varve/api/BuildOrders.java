package io.varve.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.build.BuildSpec;
import io.varve.build.Builds;
import io.varve.build.Built;
import io.varve.build.HostInputs;
import io.varve.build.Inputs;
import io.varve.build.SpecReader;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.job.Order;
import io.varve.job.Work;
import io.varve.oci.Digest;
import io.varve.oci.Json;
import io.varve.oci.Reference;
import io.varve.registry.Access;
import java.nio.file.Path;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What a build is ordered with, in JSON, as an order. Any thread. */
final class BuildOrders {
    private static final String KIND = "build";

    /** Where relative paths begin, for whoever may have every file of this machine read anyway. */
    private static final String CONTEXT = "context";

    private final Builds builds;
    private final StoreChanges changes;
    private final boolean strangers;

    /** @param strangers whether callers have to say who they are, because what one may have another may not */
    BuildOrders(Builds builds, StoreChanges changes, boolean strangers) {
        this.builds = builds;
        this.changes = changes;
        this.strangers = strangers;
    }

    /**
     * Whoever orders.
     *
     * @param local whether it came by the socket of the store
     * @param mayPull which images may be pulled for him when they are missing
     */
    record Caller(String name, boolean local, Predicate<Reference> mayPull) {}

    /** What is wanted, as it was written and as it was read. */
    record Wanted(ObjectNode json, BuildSpec spec) {
        static Wanted of(ObjectNode json) {
            ObjectNode spec = json.deepCopy();
            spec.remove(CONTEXT);
            return new Wanted(json, SpecReader.read(spec));
        }
    }

    /**
     * @param upload what comes beside the spec; null for nothing
     * @param key with which the caller may ask again; null for none
     */
    Order order(Caller caller, Wanted wanted, @Nullable Upload upload, @Nullable String key) {
        BuildSpec spec = wanted.spec();
        Inputs inputs = upload == null ? inputs(caller, wanted.json()) : upload;
        Builds.Asking asking = new Builds.Asking(
                inputs, new Access(null, false, false, caller.local()), strangers && !caller.local(), caller.mayPull());
        Work work =
                (going, listener) -> builds.build(spec, asking, going, listener).map(this::told);
        Digest request = Digest.sha256(Json.write(wanted.json()));
        return new Order(
                caller.name(),
                KIND,
                spec.tags().isEmpty()
                        ? String.valueOf(wanted.json().path("from").asText())
                        : spec.tags().getFirst().toString(),
                key,
                request.toString(),
                // What an upload brings is nobody else's.
                upload == null ? new Same(request, caller.local(), caller.name()) : upload,
                work);
    }

    /** What one build serves: of those whose rights may differ each has his own. */
    private record Same(Digest request, boolean local, String caller) {}

    private static Inputs inputs(Caller caller, ObjectNode json) {
        if (!json.has(CONTEXT)) {
            return Inputs.NONE;
        }
        if (!caller.local()) {
            throw Failure.of(Category.UNAUTHORIZED, CONTEXT + ": is for those who ask by the socket of the store");
        }
        return new HostInputs(Path.of(json.get(CONTEXT).asText()));
    }

    private ObjectNode told(Built built) {
        ObjectNode result = Json.object()
                .put(
                        "image",
                        built.tags().isEmpty() ? null : built.tags().getFirst().toString())
                .put("digest", built.image().digest().toString())
                .put("mediaType", built.image().mediaType().toString())
                .put("size", built.image().size())
                .put("unchanged", built.unchanged());
        built.tags().forEach(tag -> result.withArray("/tags").add(tag.toString()));
        return built.unchanged() ? result : changes.built(result);
    }
}
