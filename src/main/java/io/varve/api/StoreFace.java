package io.varve.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.catalogue.Edge;
import io.varve.catalogue.Entry;
import io.varve.catalogue.Node;
import io.varve.catalogue.Reason;
import io.varve.failure.Failure;
import io.varve.gc.Collected;
import io.varve.gc.Collector;
import io.varve.gc.Reasons;
import io.varve.http.Outgoing;
import io.varve.oci.Digest;
import io.varve.oci.Json;
import io.vertx.core.Future;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/** The store as a whole over HTTP: what is kept, why, and what is not. Belongs to one event loop. */
final class StoreFace {
    private final Collector collector;
    private final Reasons reasons;
    private final Outgoing outgoing;

    StoreFace(Collector collector, Reasons reasons, Outgoing outgoing) {
        this.collector = collector;
        this.reasons = reasons;
        this.outgoing = outgoing;
    }

    Future<Void> collect(Exchange exchange) {
        boolean dryRun = exchange.body().path("dryRun").booleanValue();
        Instant now = Instant.now();
        return outgoing.disk(() -> dryRun ? collector.preview(now) : collector.collect(now))
                .compose(collected -> exchange.answer(200, told(collected, dryRun)));
    }

    static ObjectNode told(Collected collected, boolean dryRun) {
        ObjectNode told = Json.object().put("dryRun", dryRun).put("bytes", collected.bytes());
        ArrayNode removed = told.putArray("removed");
        for (Entry entry : collected.entries()) {
            removed.add(told(entry.node()).put("size", entry.size()));
        }
        return told;
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
        chain.add(told(
                reason.chain().isEmpty()
                        ? reason.node()
                        : reason.chain().getFirst().parent()));
        for (Edge edge : reason.chain()) {
            chain.add(told(edge.child()).put("role", word(edge.role())));
        }
        return told;
    }

    private static ObjectNode told(Node node) {
        return Json.object()
                .put("kind", word(node.kind()))
                .put("digest", node.digest().toString());
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
