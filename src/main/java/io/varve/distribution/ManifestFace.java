package io.varve.distribution;

import static io.vertx.core.http.HttpHeaders.CONTENT_TYPE;
import static io.vertx.core.http.HttpHeaders.LOCATION;

import io.varve.auth.Action;
import io.varve.http.Incoming;
import io.varve.oci.Descriptor;
import io.varve.oci.Reference;
import io.vertx.core.Future;

/** Manifests that come in and go: end-7 and end-9 of distribution-spec 1.1. Belongs to one event loop. */
final class ManifestFace {
    private static final int CREATED = 201;
    private static final int ACCEPTED = 202;

    private final Repositories repositories;
    private final Publication publication;
    private final Incoming incoming;
    private final Checks checks;
    private final int manifestBytes;
    private final Changes changes;

    ManifestFace(
            Repositories repositories,
            Publication publication,
            Incoming incoming,
            Checks checks,
            UploadLimits limits,
            Changes changes) {
        this.repositories = repositories;
        this.publication = publication;
        this.incoming = incoming;
        this.checks = checks;
        this.manifestBytes = (int) Math.min(limits.manifestBytes(), Integer.MAX_VALUE - 8);
        this.changes = changes;
    }

    Future<Void> put(Asked asked, String name, String reference) {
        Reference repository = repositories.writable(asked.scopes(), Action.WRITE, name);
        String type = asked.request().getHeader(CONTENT_TYPE);
        String announced = type == null ? null : type.replaceFirst("[ \t]*;.*", "");
        return incoming.all(
                asked.reader(),
                manifestBytes,
                this::tooLarge,
                bytes -> incoming.work(() -> publication.offer(repository, reference, announced, bytes))
                        .compose(offer -> checks.check(
                                        offer, Incoming.held(asked.request(), manifestBytes), asked.reader())
                                .compose(checked -> put(asked, offer))));
    }

    private Refusal tooLarge(long bytes) {
        return Refusal.manifestTooLarge(bytes, manifestBytes);
    }

    private Future<Void> put(Asked asked, Publication.Offer checked) {
        return incoming.work(() -> {
                    publication.put(checked);
                    return true;
                })
                .compose(put -> created(asked, checked));
    }

    private Future<Void> created(Asked asked, Publication.Offer put) {
        Descriptor image = put.image();
        Reference repository = put.repository();
        changes.pushed(
                put.name() == null
                        ? repository.name() + "@" + image.digest()
                        : put.name().toString(),
                image);
        asked.response()
                .putHeader(LOCATION, "/v2/" + repository.path() + "/manifests/" + image.digest())
                .putHeader("Docker-Content-Digest", image.digest().toString());
        Descriptor subject = put.document().subject();
        if (subject != null) {
            asked.response().putHeader("OCI-Subject", subject.digest().toString());
        }
        return asked.end(CREATED);
    }

    Future<Void> delete(Asked asked, String name, String reference) {
        Reference repository = repositories.writable(asked.scopes(), Action.DELETE, name);
        asked.requireNoBody();
        return incoming.work(() -> publication.remove(repository, reference)).compose(removed -> {
            if (!removed.isEmpty()) {
                changes.removed(removed);
            }
            return asked.end(ACCEPTED);
        });
    }
}
