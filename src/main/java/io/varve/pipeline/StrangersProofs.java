package io.varve.pipeline;

import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.store.Store;
import io.vertx.core.Future;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Of somebody who may have what the repository that he pulls from has: it let him have the manifest. So a blob is his when it was seen in
 * there before, by whoever, or when it comes from there now; then it is read and thrown away.
 */
final class StrangersProofs implements Proofs {
    private final Store store;
    private final Source source;
    private final Stages stages;
    private final Cancellation wanted;
    private final Set<Digest> shown = ConcurrentHashMap.newKeySet();

    StrangersProofs(Store store, Source source, Stages stages, Cancellation wanted) {
        this.store = store;
        this.source = source;
        this.stages = stages;
        this.wanted = wanted;
    }

    @Override
    public boolean has(Digest blob) {
        String location = source.location();
        return shown.contains(blob)
                || (location != null
                        && store.read(catalogue -> catalogue.sources(blob).contains(location))
                                .orElse(false));
    }

    @Override
    public void shown(Digest blob) {
        shown.add(blob);
    }

    @Override
    public Future<Void> complete(Descriptor blob, Flows admission) {
        return stages.disk(() -> has(blob.digest()))
                .compose(has -> has
                        ? Future.succeededFuture()
                        : admission.admit(
                                blob,
                                BlobTransfer.keptBytes(),
                                memory -> transfer(blob).show()))
                .onSuccess(done -> shown(blob.digest()))
                .recover(thrown -> Future.failedFuture(Failure.from(thrown).during("blob " + blob.digest())));
    }

    private BlobTransfer transfer(Descriptor blob) {
        return new BlobTransfer(
                blob,
                source,
                store.content(),
                stages,
                wanted,
                new KeepingMeter(blob, PullListener.NONE, stages.traffic()));
    }
}
