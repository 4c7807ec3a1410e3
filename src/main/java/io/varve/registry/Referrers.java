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
import java.util.ArrayList;
import java.util.List;

/**
 * The list of what refers to something, kept by whoever pushes, for registries that do not keep it: an image index by the tag
 * {@code <algorithm>-<encoded>} (distribution-spec, Referrers Tag Schema). In this process one list is changed at a time; with
 * others the specification has no way to agree.
 */
final class Referrers {
    private static final int MOST_ALGORITHM = 32;
    private static final int MOST_ENCODED = 64;

    private final Access access;
    private final Limiters changing;

    /** What a repository has, and is given. */
    interface Access {
        /** Without mirrors, which may be late. */
        Future<RemoteDocument> resolve(Repository repository, String tag);

        Future<?> put(Repository repository, String tag, Descriptor descriptor, Document document);
    }

    /** @param changing one at a time */
    Referrers(Access access, Limiters changing) {
        this.access = access;
        this.changing = changing;
    }

    /** @param host that the repository is at */
    Future<Void> add(Repository repository, Origin host, Digest subject, Descriptor referrer) {
        return changing.acquire(host, repository.toString())
                .compose(turn -> listed(repository, tag(subject))
                        .compose(list -> isListed(list, referrer)
                                ? Future.succeededFuture()
                                : put(repository, tag(subject), list, referrer))
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

    private Future<Index> listed(Repository repository, String tag) {
        return access.resolve(repository, tag)
                .map(found -> switch (Document.parse(found.bytes(), Json.DEFAULT_LIMIT)) {
                    case Index index -> index;
                    case Manifest _ -> throw Failure.invalid("tag " + tag + ": got a manifest, wanted an image index");
                })
                .recover(thrown -> Failure.from(thrown).category() == Category.NOT_FOUND
                        ? Future.succeededFuture(Index.of(List.of()))
                        : Future.failedFuture(thrown));
    }

    private static boolean isListed(Index list, Descriptor referrer) {
        return list.manifests().stream().anyMatch(each -> each.pointsAt(referrer.digest()));
    }

    private Future<?> put(Repository repository, String tag, Index list, Descriptor referrer) {
        List<Descriptor> all = new ArrayList<>(list.manifests());
        all.add(referrer);
        Index longer = list.with(all);
        byte[] bytes = longer.bytes();
        return access.put(
                repository, tag, Descriptor.of(longer.mediaType(), Digest.sha256(bytes), bytes.length), longer);
    }
}
