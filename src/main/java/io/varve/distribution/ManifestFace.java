package io.varve.distribution;

import static io.vertx.core.http.HttpHeaders.CONTENT_TYPE;
import static io.vertx.core.http.HttpHeaders.LOCATION;

import io.varve.auth.Action;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.http.Incoming;
import io.varve.oci.Descriptor;
import io.varve.oci.Reference;
import io.vertx.core.Future;
import io.vertx.core.WorkerExecutor;

/** Manifests that come in and go: end-7 and end-9 of distribution-spec 1.1. Belongs to one event loop. */
final class ManifestFace {
    private static final int CREATED = 201;
    private static final int ACCEPTED = 202;

    private final Repositories repositories;
    private final Publication publication;
    private final Incoming incoming;
    private final WorkerExecutor checkers;
    private final int manifestBytes;
    private final Changes changes;

    /** @param checkers decode layers of which images say what they are, as many as that at once */
    ManifestFace(
            Repositories repositories,
            Publication publication,
            Incoming incoming,
            WorkerExecutor checkers,
            UploadLimits limits,
            Changes changes) {
        this.repositories = repositories;
        this.publication = publication;
        this.incoming = incoming;
        this.checkers = checkers;
        this.manifestBytes = (int) Math.min(limits.manifestBytes(), Integer.MAX_VALUE - 8);
        this.changes = changes;
    }

    Future<Void> put(Asked asked, String name, String reference) {
        Reference repository = repositories.writable(asked.scopes(), Action.WRITE, name);
        String type = asked.request().getHeader(CONTENT_TYPE);
        String announced = type == null ? null : type.replaceFirst("[ \t]*;.*", "");
        return incoming.all(asked.reader(), manifestBytes, "limits.manifestBytes")
                .recover(thrown -> Future.failedFuture(tooLarge(thrown)))
                .compose(bytes -> incoming.work(() -> publication.offer(repository, reference, announced, bytes)))
                .compose(offer -> checked(offer).compose(checked -> put(asked, offer)));
    }

    private static Throwable tooLarge(Throwable thrown) {
        return thrown instanceof Failure failure && failure.category() == Category.EXCEEDED
                ? Refusal.manifestTooLarge(failure.wrong())
                : thrown;
    }

    private Future<?> checked(Publication.Offer offer) {
        return offer.claims().isEmpty()
                ? Future.succeededFuture()
                : checkers.executeBlocking(
                        () -> {
                            publication.check(offer);
                            return true;
                        },
                        false);
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
