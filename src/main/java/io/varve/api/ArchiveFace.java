package io.varve.api;

import io.varve.archive.ArchiveFormat;
import io.varve.archive.Exports;
import io.varve.archive.ImageArchive;
import io.varve.auth.Action;
import io.varve.failure.Failure;
import io.varve.http.Outgoing;
import io.varve.manifest.ArtifactPlan;
import io.varve.manifest.ImagePlan;
import io.varve.pipeline.Image;
import io.vertx.core.Future;
import io.vertx.core.http.HttpServerResponse;

/** Images as files over HTTP. Belongs to one event loop. */
final class ArchiveFace {
    private final Exports exports;
    private final Sight sight;
    private final Plans plans;
    private final OpenImages open;
    private final Outgoing outgoing;

    ArchiveFace(Exports exports, Sight sight, Plans plans, OpenImages open, Outgoing outgoing) {
        this.exports = exports;
        this.sight = sight;
        this.plans = plans;
        this.open = open;
        this.outgoing = outgoing;
    }

    /** Written as fast as it is read. */
    Future<Void> get(Exchange exchange) {
        String word = String.valueOf(exchange.query("format"));
        return archive(exchange, ArchiveFormat.parse(word)).compose(archive -> {
            HttpServerResponse response = exchange.response()
                    .putHeader("Content-Type", "application/x-tar")
                    .putHeader("Content-Disposition", "attachment; filename=\"" + word + ".tar\"");
            if (exchange.isHead()) {
                return exchange.reader().takes(response.end());
            }
            response.setChunked(true);
            return outgoing.stream(archive::writeTo, exchange.reader())
                    .compose(all -> exchange.reader().takes(response.end()));
        });
    }

    private Future<ImageArchive> archive(Exchange exchange, ArchiveFormat format) {
        Plans.Asked asked = Plans.Asked.of(exchange.path("ref"), exchange.query("platform"));
        return switch (format) {
            case OCI ->
                sight.require(exchange.scopes(), Action.READ, asked.name())
                        .compose(seen -> outgoing.disk(() -> exports.layout(asked.name(), asked.platform())));
            case DOCKER -> image(exchange, asked).map(image -> Exports.docker(image, asked.name()));
            case ROOTFS -> image(exchange, asked).map(Exports::rootfs);
        };
    }

    private Future<Image> image(Exchange exchange, Plans.Asked asked) {
        return plans.find(exchange.scopes(), Action.READ, asked).compose(plan -> switch (plan) {
            case ImagePlan image -> open.open(image);
            case ArtifactPlan artifact ->
                throw Failure.invalid("got an artifact (" + artifact.type() + "), which is written as oci only");
        });
    }
}
