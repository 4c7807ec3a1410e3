package io.varve.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.build.BuildSpec;
import io.varve.build.BuildSpec.HostDirectory;
import io.varve.build.BuildSpec.Tar;
import io.varve.build.Builds;
import io.varve.build.Built;
import io.varve.build.HostDirectories;
import io.varve.build.HostInputs;
import io.varve.build.Inputs;
import io.varve.build.SpecReader;
import io.varve.failure.Failure;
import io.varve.job.Order;
import io.varve.job.Work;
import io.varve.oci.Digest;
import io.varve.oci.Json;
import io.varve.oci.Reference;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What a build is ordered with, in JSON, as an order. Any thread. */
final class BuildOrders {
    private static final String KIND = "build";

    /** Where relative paths begin, for whoever may have every file of this machine read anyway. */
    private static final String CONTEXT = "context";

    private static final String CREDENTIALS = "credentials";

    private static final List<String> LOCAL_FIELDS = List.of(CONTEXT, "plainHttp", "insecure");

    /** What is no part of a spec. */
    private static final List<String> BESIDES = List.of(CONTEXT, CREDENTIALS, "plainHttp", "insecure");

    private final Builds builds;
    private final StoreChanges changes;
    private final boolean strangers;
    private final Inputs directories;

    /**
     * @param strangers whether callers have to say who they are, because what one may have another may not
     * @param directories of this machine that all of them may have read
     */
    BuildOrders(Builds builds, StoreChanges changes, boolean strangers, List<Path> directories) {
        this.builds = builds;
        this.changes = changes;
        this.strangers = strangers;
        this.directories = directories.isEmpty() ? Inputs.NONE : new HostDirectories(directories);
    }

    /**
     * Whoever orders.
     *
     * @param local whether it came by the socket of the store
     * @param mayPull which images may be pulled for him when they are missing
     */
    record Caller(String name, boolean local, Predicate<Reference> mayPull) {}

    /**
     * What is wanted.
     *
     * @param digest of how it was written
     * @param size of that, in bytes
     * @param request of that without secrets, if there are any
     * @param besides the spec: what is said of where it comes from and how registries are reached
     */
    record Wanted(Digest digest, int size, Digest request, BuildSpec spec, ObjectNode besides) {
        /**
         * @param most how large it may be
         * @throws Failure Invalid for what is no spec, naming the field
         */
        static Wanted of(Digest digest, byte[] written, int most) {
            ObjectNode spec = Json.read(written, most);
            ObjectNode besides = Json.object();
            for (String field : BESIDES) {
                JsonNode given = spec.remove(field);
                if (given != null) {
                    besides.set(field, given);
                }
            }
            Digest request = besides.has(CREDENTIALS) ? Digest.sha256(Json.write(spec)) : digest;
            return new Wanted(digest, written.length, request, SpecReader.read(spec), besides);
        }

        /** Which are for one job alone. */
        boolean hasSecrets() {
            return besides.has(CREDENTIALS);
        }

        static Wanted of(ObjectNode json) {
            byte[] written = Json.write(json);
            return of(Digest.sha256(written), written, written.length);
        }
    }

    /** @throws Failure Exceeded when that is more layers than an image may have, as the job would say too */
    void check(BuildSpec spec) {
        builds.check(spec);
    }

    /**
     * @param upload what comes beside the spec; null for nothing
     * @param key with which the caller may ask again; null for none
     */
    Order order(Caller caller, Wanted wanted, @Nullable Upload upload, @Nullable String key) {
        BuildSpec spec = wanted.spec();
        OrderBody besides = new OrderBody(wanted.besides(), caller.local());
        besides.refuseUnlessLocal(LOCAL_FIELDS);
        Inputs inputs = upload == null ? inputs(wanted.besides()) : new Inputs.Of(upload, directories);
        Builds.Asking asking =
                new Builds.Asking(inputs, besides.access(), strangers && !caller.local(), caller.mayPull());
        Work work =
                (going, listener) -> builds.build(spec, asking, going, listener).map(this::told);
        return new Order(
                caller.name(),
                KIND,
                subject(spec),
                key,
                wanted.request().toString(),
                // What an upload brings is nobody else's, and what is read here may have changed since another read it.
                upload == null && !readsFiles(spec)
                        ? new Same(wanted.digest(), caller.local(), caller.name())
                        : new Object(),
                work);
    }

    /** Whether it is made of what does not stand in it, in the store or in a registry. */
    private static boolean readsFiles(BuildSpec spec) {
        return spec.layers().stream().anyMatch(layer -> layer instanceof Tar || layer instanceof HostDirectory);
    }

    /** What one build serves: of those whose rights may differ each has his own. */
    private record Same(Digest request, boolean local, String caller) {}

    private static String subject(BuildSpec spec) {
        if (!spec.tags().isEmpty()) {
            return spec.tags().getFirst().toString();
        }
        return spec.from() == null ? "on scratch" : "on " + spec.from();
    }

    private Inputs inputs(ObjectNode besides) {
        JsonNode context = besides.get(CONTEXT);
        return context == null ? directories : new HostInputs(path(context.asText()));
    }

    private static Path path(String context) {
        try {
            return Path.of(context);
        } catch (InvalidPathException e) {
            throw Failure.invalid(CONTEXT + ": got " + context + ", wanted a path");
        }
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
