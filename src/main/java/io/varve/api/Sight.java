package io.varve.api;

import io.varve.auth.Action;
import io.varve.auth.Scopes;
import io.varve.catalogue.Catalogue;
import io.varve.catalogue.Node;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.http.Outgoing;
import io.varve.oci.Digest;
import io.varve.oci.ImageName;
import io.varve.oci.Reference;
import io.varve.pipeline.Images;
import io.varve.store.Store;
import io.vertx.core.Future;
import java.util.List;

/**
 * Which images of the store there are for a caller. A name is his or not by itself; a digest is when one of his names leads to it.
 * The others are missing, in the words in which images are that are nowhere.
 */
final class Sight {
    private final Store store;
    private final Images images;
    private final Outgoing outgoing;

    Sight(Store store, Images images, Outgoing outgoing) {
        this.store = store;
        this.images = images;
        this.outgoing = outgoing;
    }

    /** Fails with NotFound when it is not there for him. On the event loop. */
    Future<Void> require(Scopes scopes, Action action, ImageName name) {
        return switch (meant(name)) {
            case Reference reference -> required(scopes.allow(action, reference), name);
            case Digest digest ->
                scopes.allowAll(action)
                        ? Future.succeededFuture()
                        : outgoing.disk(() -> allows(scopes, action, digest)).compose(there -> required(there, name));
        };
    }

    /** The same of a blob, which is there for him when an image of his needs it, or is it. */
    Future<Void> requireBlob(Scopes scopes, Action action, Digest blob) {
        return outgoing.disk(() -> leadsTo(scopes, action, blob, Catalogue::isNeeded))
                .compose(there -> required(there, blob));
    }

    private Future<Void> required(boolean there, ImageName name) {
        return there ? Future.succeededFuture() : Future.failedFuture(images.missing(name));
    }

    /** What an image is found by: of a name with a digest that is the digest, whatever stands in front of it. */
    private static ImageName meant(ImageName name) {
        return switch (name) {
            case Digest digest -> digest;
            case Reference reference -> reference.digest() == null ? reference : reference.digest();
        };
    }

    /** Whether it is there for him. Blocks. */
    boolean allows(Scopes scopes, Action action, ImageName name) {
        return switch (meant(name)) {
            case Reference reference -> scopes.allow(action, reference);
            case Digest digest -> leadsTo(scopes, action, digest, Catalogue::isImage);
        };
    }

    /** How names that begin so lead to something. */
    @FunctionalInterface
    private interface Way {
        boolean leads(Catalogue catalogue, Node node, String beginning);
    }

    private boolean leadsTo(Scopes scopes, Action action, Digest digest, Way way) {
        return scopes.allowAll(action)
                || scopes.beginnings(action, "").stream()
                        .anyMatch(
                                beginning -> store.read(catalogue -> way.leads(catalogue, Node.blob(digest), beginning))
                                        .orElse(false));
    }

    /**
     * What he means to take away. For whoever may do it to some names only, a digest means the one of them that the image has. Blocks.
     *
     * @throws Failure NotFound when it is not there for him, Conflict for a digest with several of his names
     */
    ImageName removed(Scopes scopes, ImageName name) {
        return switch (meant(name)) {
            case Reference reference -> {
                if (!scopes.allow(Action.DELETE, reference)) {
                    throw images.missing(name);
                }
                yield reference;
            }
            case Digest digest -> scopes.allowAll(Action.DELETE) ? digest : only(scopes, digest, name);
        };
    }

    private ImageName only(Scopes scopes, Digest digest, ImageName name) {
        List<Reference> his = store.read(catalogue -> catalogue.names(digest)).orElse(List.of()).stream()
                .map(Reference::parse)
                .filter(each -> scopes.allow(Action.DELETE, each))
                .toList();
        if (his.size() > 1) {
            throw Failure.of(
                    Category.CONFLICT,
                    digest + " has several names: "
                            + String.join(
                                    ", ", his.stream().map(Reference::toString).toList()));
        }
        if (his.isEmpty()) {
            throw images.missing(name);
        }
        return his.getFirst();
    }
}
