package io.varve.push;

import io.varve.bus.Budget;
import io.varve.bus.Here;
import io.varve.bus.InTurn;
import io.varve.bus.SlabSink;
import io.varve.bus.Slabs;
import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.pipeline.Cancellation;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.Source;
import io.varve.pipeline.Stages;
import io.varve.pipeline.Together;
import io.varve.registry.Offer;
import io.varve.registry.Repository;
import io.varve.registry.Uploaded;
import io.varve.registry.Uploads;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One freight on its way from a source to a repository. Belongs to the conducting context. */
final class Shipping {
    /** Memory that a blob takes: four slabs on their way, and one that is being filled on either side. */
    private static final long BYTES = 6L * Slabs.SIZE;

    private final Stages stages;
    private final Uploads uploads;
    private final Source source;
    private final Repository repository;
    private final Freight freight;
    private final Mounts mounts;
    private final PullListener listener;

    /** Where on the host of the repository blobs are. */
    @FunctionalInterface
    interface Mounts {
        /** The path of another repository that was seen to have it. */
        Future<Optional<String>> find(Descriptor blob);
    }

    Shipping(
            Stages stages,
            Uploads uploads,
            Source source,
            Repository repository,
            Freight freight,
            Mounts mounts,
            PullListener listener) {
        this.stages = stages;
        this.uploads = uploads;
        this.source = source;
        this.repository = repository;
        this.freight = freight;
        this.mounts = mounts;
        this.listener = listener;
    }

    /**
     * @param tag what the image is to be called; null for its digest alone
     * @param atOnce how many blobs may be on their way at once
     * @return completes when all of it is there; fails with the first failure, after all that was begun has ended
     */
    Future<Void> ship(@Nullable String tag, int atOnce, Cancellation wanted) {
        Cancellation part = wanted.part();
        List<Supplier<Future<?>>> largestFirst = new ArrayList<>();
        freight.blobs().forEach(listener::waiting);
        freight.blobs().stream()
                .sorted(Comparator.comparingLong(Descriptor::size).reversed())
                .forEach(blob -> largestFirst.add(() -> bring(blob, part)));
        return Together.all(largestFirst, atOnce, part)
                // The image itself is the last of them.
                .compose(brought -> InTurn.each(freight.papers(), paper -> put(paper, tag, wanted)));
    }

    private Future<?> bring(Descriptor blob, Cancellation wanted) {
        return wanted.over(uploads.has(repository, blob)).compose(there -> {
            if (there) {
                listener.cached(blob);
                return Future.succeededFuture();
            }
            return wanted.over(mounts.find(blob))
                    .compose(mount -> room(wanted)
                            .compose(room -> uploads.upload(repository, new Offered(blob, wanted), mount.orElse(null))
                                    .onComplete(uploaded -> room.close())))
                    .onSuccess(uploaded -> {
                        if (uploaded == Uploaded.MOUNTED) {
                            listener.cached(blob);
                        } else {
                            listener.advanced(blob, blob.size(), 0);
                            listener.committed(blob);
                        }
                    });
        });
    }

    private Future<Budget.Reservation> room(Cancellation wanted) {
        return Here.on(stages.context(), stages.budget().reserve(this, repository.host(), BYTES, wanted.cancelled()));
    }

    private Future<Void> put(Freight.Paper paper, @Nullable String tag, Cancellation wanted) {
        Digest digest = paper.descriptor().digest();
        String name = tag != null && paper.equals(freight.image()) ? tag : digest.toString();
        return wanted.over(isThere(paper, name))
                .compose(there -> there
                        ? Future.succeededFuture()
                        : wanted.over(uploads.put(repository, name, paper.descriptor(), paper.document())))
                .recover(thrown -> Future.failedFuture(explained(paper, Failure.from(thrown))));
    }

    /** One that refers to something is put again: whether it was listed as a referrer does not show. */
    private Future<Boolean> isThere(Freight.Paper paper, String name) {
        return paper.document().subject() != null
                ? Future.succeededFuture(false)
                : uploads.find(repository, name)
                        .map(found -> found.filter(paper.descriptor().digest()::equals)
                                .isPresent());
    }

    private Failure explained(Freight.Paper paper, Failure refused) {
        return switch (refused.category()) {
            case INVALID, NOT_FOUND ->
                paper.equals(freight.image()) && !freight.lacking().isEmpty()
                        ? refused.during("image index without "
                                + freight.lacking().size() + " of its images, which pull --all-platforms brings")
                        : refused;
            default -> refused;
        };
    }

    private final class Offered implements Offer {
        private final Descriptor blob;
        private final Cancellation wanted;

        Offered(Descriptor blob, Cancellation wanted) {
            this.blob = blob;
            this.wanted = wanted;
        }

        @Override
        public Descriptor blob() {
            return blob;
        }

        @Override
        public Future<Void> from(long offset, SlabSink sink) {
            return source.feed(blob, offset).into(sink, stages.context());
        }

        @Override
        public void sent(long bytes) {
            listener.advanced(blob, bytes, 0);
        }

        @Override
        public Future<Void> withdrawn() {
            return wanted.cancelled();
        }
    }
}
