package io.varve.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.auth.Action;
import io.varve.build.BuildSpec;
import io.varve.build.BuildSpec.BlobLayer;
import io.varve.build.BuildSpec.CopyFrom;
import io.varve.build.BuildSpec.Tar;
import io.varve.oci.Digest;
import io.varve.oci.ImageName;
import io.varve.oci.Reference;
import io.vertx.core.Context;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Builds over HTTP. Belongs to one event loop. */
final class BuildFace {
    private final Context context;
    private final BuildOrders orders;
    private final JobFace jobs;
    private final Sight sight;
    private final BodyReader bodies;
    private final long uploadBytes;
    private final Duration idle;

    /**
     * @param uploadBytes of one body with tars in it
     * @param idle how long is waited for more of one
     */
    BuildFace(
            Context context,
            BuildOrders orders,
            JobFace jobs,
            Sight sight,
            BodyReader bodies,
            long uploadBytes,
            Duration idle) {
        this.context = context;
        this.orders = orders;
        this.jobs = jobs;
        this.sight = sight;
        this.bodies = bodies;
        this.uploadBytes = uploadBytes;
        this.idle = idle;
    }

    Future<Void> create(Exchange exchange) {
        BuildOrders.Wanted wanted = BuildOrders.Wanted.of(exchange.body());
        return allowed(exchange, wanted.spec())
                .compose(allowed -> jobs.order(
                        exchange, orders.order(caller(exchange), wanted, null, exchange.header("Idempotency-Key"))));
    }

    /** With tars behind the spec. */
    Future<Void> createOfParts(Exchange exchange) {
        Upload upload = new Upload(context, exchange.reader(), bodies, uploadBytes, idle);
        return upload.spec().compose(json -> ordered(exchange, json, upload)).onFailure(failed -> upload.stop());
    }

    private Future<Void> ordered(Exchange exchange, ObjectNode json, Upload upload) {
        BuildOrders.Wanted wanted = BuildOrders.Wanted.of(json);
        return allowed(exchange, wanted.spec()).compose(allowed -> {
            Future<Void> answered = jobs.order(
                    exchange,
                    orders.order(caller(exchange), wanted, upload, exchange.header("Idempotency-Key")),
                    upload);
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
        spec.tags().forEach(tag -> exchange.require(Action.BUILD, tag));
        if (spec.push()) {
            spec.tags().forEach(tag -> exchange.require(Action.PUSH, tag));
        }
        List<ImageName> read = new ArrayList<>();
        if (spec.from() != null) {
            read.add(spec.from());
        }
        spec.layers().forEach(layer -> {
            if (layer instanceof CopyFrom copy) {
                read.add(copy.image());
            } else if (layer instanceof BlobLayer blob) {
                read.add(blob.digest());
            }
        });
        Future<Void> all = Future.succeededFuture();
        for (ImageName each : read) {
            all = all.compose(before -> switch (each) {
                // Whether it is there, and else may be pulled, the build finds out.
                case Reference reference
                when reference.digest() == null -> {
                    exchange.require(Action.READ, reference);
                    yield Future.succeededFuture();
                }
                case Reference reference -> sight.require(exchange.scopes(), Action.READ, reference);
                case Digest digest -> sight.require(exchange.scopes(), Action.READ, digest);
            });
        }
        return all;
    }
}
