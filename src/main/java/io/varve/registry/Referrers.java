package io.varve.registry;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.varve.oci.Index;
import io.varve.oci.Json;
import io.varve.oci.Manifest;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * The list of what refers to something, kept by whoever pushes, for registries that do not keep it: an image index by the tag
 * {@code <algorithm>-<encoded>} (distribution-spec, Referrers Tag Schema). In this process one list is changed at a time; with
 * others the specification has no way to agree.
 */
final class Referrers {
    private static final int MOST_ALGORITHM = 32;
    private static final int MOST_ENCODED = 64;

    private final Vertx vertx;
    private final Access access;
    private final Limiters changing;

    /** What a repository has, and is given. */
    interface Access {
        /** Without mirrors, which may be late. */
        Future<RemoteDocument> resolve(Repository repository, String tag);

        Future<?> put(Repository repository, String tag, Descriptor descriptor, Document document);
    }

    /** @param changing one at a time */
    Referrers(Vertx vertx, Access access, Limiters changing) {
        this.vertx = vertx;
        this.access = access;
        this.changing = changing;
    }

    /** @param host that the repository is at */
    Future<Void> add(Repository repository, Origin host, Digest subject, Descriptor referrer) {
        return changing.acquire(host, repository.toString())
                .compose(turn -> there(repository, tag(subject))
                        // A list may be as long as a manifest may be, which takes an event loop too long.
                        .compose(there -> vertx.executeBlocking(() -> longer(there, tag(subject), referrer), false))
                        .map(Objects::requireNonNull)
                        .compose(longer -> longer.isEmpty()
                                ? Future.succeededFuture()
                                : put(repository, tag(subject), longer.get()))
                        .<Void>mapEmpty()
                        .onComplete(done -> turn.close()))
                .recover(
                        thrown -> Future.failedFuture(Failure.from(thrown).during("list the referrers of " + subject)));
    }

    static String tag(Digest subject) {
        String algorithm = subject.algorithm().toString();
        return algorithm.substring(0, Math.min(MOST_ALGORITHM, algorithm.length())) + "-"
                + subject.hex()
                        .substring(0, Math.min(MOST_ENCODED, subject.hex().length()));
    }

    /** Nothing when there is no list yet. */
    private Future<Optional<RemoteDocument>> there(Repository repository, String tag) {
        return access.resolve(repository, tag)
                .map(Optional::of)
                .recover(thrown -> Failure.from(thrown).category() == Category.NOT_FOUND
                        ? Future.succeededFuture(Optional.empty())
                        : Future.failedFuture(thrown));
    }

    /** What is to be put in the place of the list; nothing when that has the referrer already. */
    private static Optional<Longer> longer(Optional<RemoteDocument> there, String tag, Descriptor referrer) {
        Index list = there.map(found -> list(found, tag)).orElseGet(() -> Index.of(List.of()));
        if (list.manifests().stream().anyMatch(each -> each.pointsAt(referrer.digest()))) {
            return Optional.empty();
        }
        List<Descriptor> all = new ArrayList<>(list.manifests());
        all.add(referrer);
        Index longer = list.with(all);
        byte[] bytes = longer.bytes();
        return Optional.of(new Longer(longer, Descriptor.of(longer.mediaType(), Digest.sha256(bytes), bytes.length)));
    }

    private static Index list(RemoteDocument found, String tag) {
        return switch (Document.parse(found.bytes(), Json.DEFAULT_LIMIT)) {
            case Index index -> index;
            case Manifest _ -> throw Failure.invalid("tag " + tag + ": got a manifest, wanted an image index");
        };
    }

    private record Longer(Index list, Descriptor descriptor) {}

    private Future<?> put(Repository repository, String tag, Longer longer) {
        return access.put(repository, tag, longer.descriptor, longer.list);
    }
}
