package io.varve.pipeline;

import io.varve.content.Blob;
import io.varve.content.ContentStore;
import io.varve.failure.Failure;
import io.varve.manifest.ArtifactPlan;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Brings the blobs of artifacts into a store, as they are. What several artifacts want at once is brought once. Belongs to the
 * conducting context.
 */
final class ArtifactPull {
    private final ContentStore content;
    private final int atOnce;
    private final Supplier<Stages> stages;
    private final InFlight<Digest, Blob> transfers = new InFlight<>();

    /** @param atOnce how many blobs of one artifact may be on their way at once */
    ArtifactPull(ContentStore content, int atOnce, Supplier<Stages> stages) {
        this.content = content;
        this.atOnce = atOnce;
        this.stages = stages;
    }

    /**
     * Every blob of the artifact is there when this completes; those that were there already are not read again.
     *
     * @param proofs what of the store may be used; the rest the source shows
     * @return fails with the first failure of any blob, naming it, after all transfers ended; Unavailable before any began when
     *     the disk has no space for them
     */
    Future<Artifact> pull(ArtifactPlan plan, Source source, Proofs proofs, Cancellation wanted, PullListener listener) {
        Cancellation part = wanted.part();
        Flows admission = new Flows(content, stages.get(), atOnce, source.place(), part);
        return stages.get()
                .disk(() -> missing(plan, proofs))
                .compose(missing -> {
                    List<Supplier<Future<?>>> largestFirst = new ArrayList<>();
                    missing.forEach(
                            blob -> largestFirst.add(() -> transfer(blob, source, proofs, admission, part, listener)));
                    return missing.isEmpty() ? Future.<Void>succeededFuture() : admission.all(missing, largestFirst);
                })
                .map(done -> new Artifact(plan));
    }

    private Future<Blob> transfer(
            Descriptor blob,
            Source source,
            Proofs proofs,
            Flows admission,
            Cancellation wanted,
            PullListener listener) {
        KeepingMeter meter = new KeepingMeter(blob, listener, stages.get().traffic());
        BlobTransfer transfer = new BlobTransfer(blob, source, content, stages.get(), wanted, meter);
        return transfers
                .join(
                        blob.digest(),
                        wanted,
                        () -> admission
                                .admit(blob, BlobTransfer.keptBytes(), memory -> transfer.keep())
                                .onSuccess(kept -> {
                                    listener.committed(blob);
                                    if (meter.isFetched()) {
                                        proofs.shown(blob.digest());
                                    }
                                }))
                .compose(kept -> proofs.complete(blob, admission).map(kept))
                .recover(thrown -> Future.failedFuture(Failure.from(thrown).during("blob " + blob.digest())));
    }

    /** Each once, the largest first. Blocks. */
    private List<Descriptor> missing(ArtifactPlan plan, Proofs proofs) {
        Map<Digest, Descriptor> missing = new LinkedHashMap<>();
        for (Descriptor blob : plan.blobs()) {
            long there = content.find(blob.digest())
                    .map(Blob::size)
                    .orElse(missing.getOrDefault(blob.digest(), blob).size());
            if (there != blob.size()) {
                throw Failure.mismatch("size", blob.size(), there + ", as that blob has")
                        .during("blob " + blob.digest());
            }
            if (content.find(blob.digest()).isEmpty() || !proofs.has(blob.digest())) {
                missing.putIfAbsent(blob.digest(), blob);
            }
        }
        return missing.values().stream()
                .sorted(Comparator.comparingLong(Descriptor::size).reversed())
                .toList();
    }
}
