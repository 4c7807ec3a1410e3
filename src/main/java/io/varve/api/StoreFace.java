package io.varve.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.catalogue.Edge;
import io.varve.catalogue.Reason;
import io.varve.failure.Failure;
import io.varve.gc.Reasons;
import io.varve.http.Outgoing;
import io.varve.oci.Digest;
import io.varve.oci.Json;
import io.vertx.core.Future;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;

/** The store as a whole over HTTP: what is kept, why, and what is not. Belongs to one event loop. */
final class StoreFace {
    private final StoreChanges changes;
    private final Reasons reasons;
    private final Outgoing outgoing;
    private final Writers writers;

    StoreFace(StoreChanges changes, Reasons reasons, Outgoing outgoing, Writers writers) {
        this.changes = changes;
        this.reasons = reasons;
        this.outgoing = outgoing;
        this.writers = writers;
    }

    Future<Void> collect(Exchange exchange) {
        boolean dryRun = exchange.body().path("dryRun").booleanValue();
        Callable<ObjectNode> collecting = () -> changes.collect(dryRun);
        return (dryRun ? outgoing.disk(collecting) : writers.write(collecting))
                .compose(collected -> exchange.answer(200, collected));
    }

    Future<Void> why(Exchange exchange) {
        Digest digest = Digest.parse(exchange.path("digest"));
        return outgoing.disk(() -> {
                    List<Reason> found = reasons.why(digest, Instant.now());
                    if (found.isEmpty() && !reasons.knows(digest)) {
                        throw Failure.notFound("got nothing with digest " + digest + " in the store");
                    }
                    return found;
                })
                .compose(found -> {
                    ObjectNode told = Json.object().put("digest", digest.toString());
                    ArrayNode all = told.putArray("reasons");
                    found.forEach(reason -> all.add(told(reason)));
                    return exchange.answer(200, told);
                });
    }

    private static ObjectNode told(Reason reason) {
        ObjectNode told = Json.object().put("root", reason.root());
        ArrayNode chain = told.putArray("chain");
        chain.add(StoreChanges.json(
                reason.chain().isEmpty()
                        ? reason.node()
                        : reason.chain().getFirst().parent()));
        for (Edge edge : reason.chain()) {
            chain.add(StoreChanges.json(edge.child())
                    .put("role", edge.role().name().toLowerCase(Locale.ROOT)));
        }
        return told;
    }
}
