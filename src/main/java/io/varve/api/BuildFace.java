package io.varve.api;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.varve.auth.Action;
import io.varve.build.BuildSpec;
import io.varve.build.BuildSpec.BlobLayer;
import io.varve.build.BuildSpec.CopyFrom;
import io.varve.build.BuildSpec.Tar;
import io.varve.bus.InTurn;
import io.varve.failure.Failure;
import io.varve.http.Multipart;
import io.varve.http.Patience;
import io.varve.oci.Digest;
import io.varve.oci.ImageName;
import io.varve.oci.Reference;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import java.util.LinkedHashSet;
import java.util.Set;

/** Builds over HTTP. Belongs to one event loop. */
final class BuildFace {
    /** Of specs that were read, as they were written; they take ten times as many: who asks for the same again and again has it read once. */
    private static final int KEPT_SPEC_BYTES = 2 << 20;

    private static final String KEY = "Idempotency-Key";

    private final Context context;
    private final BuildOrders orders;
    private final JobFace jobs;
    private final Sight sight;
    private final BodyReader bodies;
    private final long uploadBytes;
    private final Patience patience;
    private final Cache<Digest, BuildOrders.Wanted> known = Caffeine.newBuilder()
            .maximumWeight(KEPT_SPEC_BYTES)
            .<Digest, BuildOrders.Wanted>weigher((digest, wanted) -> wanted.size())
            .executor(Runnable::run)
            .build();

    /**
     * @param uploadBytes of one body with tars in it
     * @param patience with whoever sends one
     */
    BuildFace(
            Context context,
            BuildOrders orders,
            JobFace jobs,
            Sight sight,
            BodyReader bodies,
            long uploadBytes,
            Patience patience) {
        this.context = context;
        this.orders = orders;
        this.jobs = jobs;
        this.sight = sight;
        this.bodies = bodies;
        this.uploadBytes = uploadBytes;
        this.patience = patience;
    }

    /** Reads the body, which is a spec, or one with tars behind it. */
    Future<Void> create(Exchange exchange) {
        String type = exchange.header(HttpHeaders.CONTENT_TYPE.toString());
        if (type == null || !Multipart.isOne(type)) {
            return bodies.read(exchange.reader(), this::wanted).compose(wanted -> ordered(exchange, wanted));
        }
        if (exchange.header(KEY) != null) {
            // Whether the tars are the same ones is known when all of them have come.
            return Future.failedFuture(Failure.invalid(
                    KEY + ": got one with multipart/form-data, wanted it with a spec alone, as application/json"));
        }
        Upload upload = new Upload(context, exchange.reader(), bodies, uploadBytes, patience);
        return upload.spec()
                .compose(spec -> bodies.made(spec, this::wanted))
                .compose(wanted -> ordered(exchange, wanted, upload))
                .onFailure(failed -> upload.stop());
    }

    /** Any thread. */
    private BuildOrders.Wanted wanted(byte[] spec) {
        Digest digest = Digest.sha256(spec);
        BuildOrders.Wanted before = known.getIfPresent(digest);
        if (before != null) {
            return before;
        }
        // Nobody waits for what somebody else reads: an event loop would.
        BuildOrders.Wanted wanted = BuildOrders.Wanted.of(digest, spec, bodies.most());
        if (!wanted.hasSecrets()) {
            known.put(digest, wanted);
        }
        return wanted;
    }

    private Future<Void> ordered(Exchange exchange, BuildOrders.Wanted wanted) {
        return allowed(exchange, wanted.spec())
                .compose(allowed ->
                        jobs.order(exchange, orders.order(caller(exchange), wanted, null, exchange.header(KEY))));
    }

    private Future<Void> ordered(Exchange exchange, BuildOrders.Wanted wanted, Upload upload) {
        return allowed(exchange, wanted.spec()).compose(allowed -> {
            Future<Void> answered = jobs.order(exchange, orders.order(caller(exchange), wanted, upload, null), upload);
            upload.read(tars(wanted.spec()));
            return answered;
        });
    }

    private static Set<String> tars(BuildSpec spec) {
        Set<String> names = new LinkedHashSet<>();
        spec.layers().forEach(layer -> {
            if (layer instanceof Tar tar) {
                names.add(tar.name());
            }
        });
        return names;
    }

    private static BuildOrders.Caller caller(Exchange exchange) {
        return new BuildOrders.Caller(
                exchange.caller(), exchange.isLocal(), name -> exchange.scopes().allow(Action.PULL, name));
    }

    /** Names that he may give, and images and blobs that are there for him. */
    private Future<Void> allowed(Exchange exchange, BuildSpec spec) {
        // Each of them is looked for in the catalogue, one after the other.
        orders.check(spec);
        spec.tags().forEach(tag -> exchange.require(Action.BUILD, tag));
        if (spec.push()) {
            spec.tags().forEach(tag -> exchange.require(Action.PUSH, tag));
        }
        Set<ImageName> read = new LinkedHashSet<>();
        Set<Digest> blobs = new LinkedHashSet<>();
        if (spec.from() != null) {
            read.add(spec.from());
        }
        spec.layers().forEach(layer -> {
            if (layer instanceof CopyFrom copy) {
                read.add(copy.image());
            } else if (layer instanceof BlobLayer blob) {
                blobs.add(blob.digest());
            }
        });
        return InTurn.each(read, each -> allowed(exchange, each))
                .compose(images -> InTurn.each(blobs, blob -> sight.requireBlob(exchange.scopes(), Action.READ, blob)));
    }

    private Future<Void> allowed(Exchange exchange, ImageName image) {
        return switch (image) {
            // Whether it is there, and else may be pulled, the build finds out.
            case Reference reference
            when reference.digest() == null -> {
                exchange.require(Action.READ, reference);
                yield Future.succeededFuture();
            }
            case Reference reference -> sight.require(exchange.scopes(), Action.READ, reference);
            case Digest digest -> sight.require(exchange.scopes(), Action.READ, digest);
        };
    }
}
