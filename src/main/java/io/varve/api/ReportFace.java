package io.varve.api;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.varve.auth.Action;
import io.varve.auth.Scopes;
import io.varve.failure.Failure;
import io.varve.http.Outgoing;
import io.varve.manifest.ArtifactPlan;
import io.varve.manifest.ImagePlan;
import io.varve.oci.Reference;
import io.varve.pipeline.Image;
import io.varve.report.DiffJson;
import io.varve.report.Usage;
import io.varve.store.Store;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;

/** What images are made of and how they differ, over HTTP. Belongs to one event loop. */
final class ReportFace {
    private final Store store;
    private final Plans plans;
    private final OpenImages open;
    private final Outgoing outgoing;

    ReportFace(Store store, Plans plans, OpenImages open, Outgoing outgoing) {
        this.store = store;
        this.plans = plans;
        this.open = open;
        this.outgoing = outgoing;
    }

    Future<Void> usage(Exchange exchange) {
        String reference = exchange.path("ref");
        Scopes scopes = exchange.scopes();
        return open(exchange, reference)
                .compose(image -> outgoing.disk(
                        () -> Usage.of(image, store, name -> scopes.allow(Action.READ, Reference.parse(name)))))
                .compose(usage -> exchange.answer(200, usage.toJson(reference)));
    }

    /** Told while it is found, as fast as it is read. */
    Future<Void> diff(Exchange exchange) {
        return open(exchange, exchange.path("ref"))
                .compose(from -> open(exchange, exchange.path("other")).compose(to -> {
                    exchange.response().putHeader("Content-Type", "application/json");
                    if (exchange.isHead()) {
                        return exchange.reader().takes(exchange.response().end());
                    }
                    exchange.response().setChunked(true);
                    return outgoing.stream(channel -> write(from, to, channel), exchange.reader())
                            .compose(all ->
                                    exchange.reader().takes(exchange.response().end()));
                }));
    }

    private static void write(Image from, Image to, WritableByteChannel channel) throws IOException {
        try (JsonGenerator json = new JsonFactory().createGenerator(Channels.newOutputStream(channel))) {
            // Whoever sends what was written closes the channel.
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            DiffJson.write(from, to, json);
        }
    }

    private Future<Image> open(Exchange exchange, String reference) {
        Plans.Asked asked = Plans.Asked.of(reference, exchange.query("platform"));
        return plans.find(exchange.scopes(), Action.READ, asked).compose(plan -> switch (plan) {
            case ImagePlan image -> open.open(image);
            case ArtifactPlan artifact ->
                throw Failure.invalid("got an artifact (" + artifact.type() + "), which has no files");
        });
    }
}
