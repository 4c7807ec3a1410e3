package io.varve.pipeline;

import io.varve.bus.Here;
import io.varve.bus.InTurn;
import io.varve.content.Blob;
import io.varve.content.ContentStore;
import io.varve.decode.DecodeFlow;
import io.varve.decode.DecodeLimits;
import io.varve.failure.Failure;
import io.varve.layerfs.Layer;
import io.varve.layerfs.LayerFs;
import io.varve.manifest.ImagePlan;
import io.varve.manifest.LayerPlan;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.MediaType;
import io.varve.store.Store;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Brings all layers of images into a store, with their blobs. Of many images at once each gets its turn, and what several of
 * them want is brought once.
 */
public final class LayerPull {
    /** What a flow brings in. */
    private record Work(Digest blob, Digest diffId) {
        static Work of(LayerPlan layer) {
            return new Work(layer.blob().digest(), layer.diffId());
        }
    }

    private final ContentStore content;
    private final LayerFs layers;
    private final KnownLayers known;
    private final DecodeLimits limits;
    private final int atOnce;
    private final Supplier<Stages> stages;

    // Of the conducting context.
    private final InFlight<Work, Layer> flows = new InFlight<>();
    private final Map<Work, Audience> audiences = new HashMap<>();

    /**
     * @param atOnce how many layers of one image may be on their way at once
     * @param stages deployed when they are first needed
     */
    public LayerPull(Store store, DecodeLimits limits, int atOnce, Supplier<Stages> stages) {
        this(store.content(), store.layers(), KnownLayers.of(store), limits, atOnce, stages);
    }

    LayerPull(
            ContentStore content,
            LayerFs layers,
            KnownLayers known,
            DecodeLimits limits,
            int atOnce,
            Supplier<Stages> stages) {
        this.content = content;
        this.layers = layers;
        this.known = known;
        this.limits = limits;
        this.atOnce = atOnce;
        this.stages = stages;
    }

    Stages stages() {
        return stages.get();
    }

    int atOnce() {
        return atOnce;
    }

    /** The layers of the image, if all of them are there; their blobs may not be. Any thread; blocks. */
    public Optional<List<Layer>> find(ImagePlan plan) {
        List<Layer> stack = new ArrayList<>();
        for (LayerPlan each : plan.layers()) {
            layers.find(each.diffId()).ifPresent(stack::add);
        }
        return stack.size() == plan.layers().size() ? Optional.of(stack) : Optional.empty();
    }

    /**
     * Whether a blob of the store decodes to this. Any thread; completes on the conducting context.
     *
     * @param unwanted fails when nobody waits for it any more, on any thread
     * @return fails with Mismatch, Invalid or Exceeded when it does not, or with what {@code unwanted} failed with
     */
    Future<Void> check(Digest blob, Digest diffId, Future<?> unwanted) {
        Context context = stages().context();
        Promise<Void> checked = Promise.promise();
        context.runOnContext(now -> {
            Cancellation wanted = new Cancellation();
            Here.on(context, unwanted).onFailure(wanted::cancel);
            stages().disk(() -> content.find(blob).map(Blob::size))
                    .compose(size -> size.isPresent()
                            ? decoded(Descriptor.of(MediaType.Known.OCI_LAYER_ZSTD, blob, size.get()), diffId, wanted)
                            : Future.failedFuture(
                                    Failure.notFound("got none in the store").during("blob " + blob)))
                    .onComplete(checked);
        });
        return checked.future();
    }

    /** @param blob as what takes the most memory, so that there is room for it in any case: what it is its first bytes say */
    private Future<Void> decoded(Descriptor blob, Digest diffId, Cancellation wanted) {
        LayerPlan layer = new LayerPlan(blob, diffId);
        StoredSource source = new StoredSource(content, none -> false);
        return new Flows(content, stages(), 1, source.place(), wanted)
                .admit(
                        LayerFlow.bytes(layer),
                        memory -> flow(layer, source, memory, wanted, PullListener.NONE)
                                .check())
                .onSuccess(is -> known.add(layer));
    }

    private LayerFlow flow(
            LayerPlan layer, Source source, DecodeFlow.Memory memory, Cancellation wanted, PullListener listener) {
        return new LayerFlow(layer, source, content, layers, known, limits, stages(), memory, wanted, listener);
    }

    /**
     * Makes a layer that is not there from its blob, which is. Any thread that may block.
     *
     * @throws Failure when the blob is not what its digest or the diffId says, naming it
     */
    public Layer assemble(LayerPlan layer) {
        Cancellation wanted = new Cancellation();
        Pulling pulling =
                new Pulling(new StoredSource(content, none -> false), Proofs.NONE_NEEDED, wanted, PullListener.NONE);
        return Conducting.on(stages().context(), wanted, () -> pulling.flow(layer));
    }

    /**
     * As {@link #pull(ImagePlan, Source, Proofs, Cancellation, PullListener)}, for threads that may block.
     *
     * @throws Failure also Cancelled when the thread was interrupted
     */
    public List<Layer> pull(ImagePlan plan, Source source, PullListener listener) {
        Cancellation wanted = new Cancellation();
        return Conducting.on(
                stages().context(), wanted, () -> pull(plan, source, Proofs.NONE_NEEDED, wanted, listener));
    }

    /**
     * Every layer of the image is there when this completes, and every blob; those that were there already are not read again, unless
     * nobody knows yet that they are what the image says. Called on the conducting context.
     *
     * @param proofs what of the store may be used; the rest the source shows
     * @return base first; fails with the first failure of any layer, after all flows ended; Unavailable before any flow began
     *     when the disk has no space for the blobs
     */
    Future<List<Layer>> pull(ImagePlan plan, Source source, Proofs proofs, Cancellation wanted, PullListener listener) {
        listener.planned(plan);
        return stages().disk(() -> missing(plan, proofs, listener))
                .compose(missing -> missing.isEmpty()
                        ? Future.succeededFuture()
                        : new Pulling(source, proofs, wanted.part(), listener).all(missing))
                .compose(done -> stages().disk(() -> find(plan)
                        .orElseThrow(
                                () -> Failure.notFound("a layer of " + plan.chainId() + " was removed meanwhile"))));
    }

    private List<LayerPlan> missing(ImagePlan plan, Proofs proofs, PullListener listener) {
        Map<Work, LayerPlan> missing = new LinkedHashMap<>();
        for (LayerPlan layer : plan.layers()) {
            if (isThere(layer) && proofs.has(layer.blob().digest())) {
                listener.cached(layer);
            } else {
                listener.waiting(layer);
                missing.putIfAbsent(Work.of(layer), layer);
            }
        }
        return List.copyOf(missing.values());
    }

    private boolean isThere(LayerPlan layer) {
        return layers.find(layer.diffId()).isPresent()
                && content.find(layer.blob().digest()).isPresent()
                && known.has(layer);
    }

    private static long bytes(List<LayerPlan> layers) {
        return layers.stream().mapToLong(layer -> layer.blob().size()).sum();
    }

    /** What one image lacks, on its way. Of the conducting context. */
    private final class Pulling {
        private final Source source;
        private final Proofs proofs;
        private final Cancellation wanted;
        private final PullListener listener;
        private final Flows admission;

        Pulling(Source source, Proofs proofs, Cancellation wanted, PullListener listener) {
            this.source = source;
            this.proofs = proofs;
            this.wanted = wanted;
            this.listener = listener;
            admission = new Flows(content, stages(), atOnce, source.place(), wanted);
        }

        Future<Void> all(List<LayerPlan> missing) {
            List<Supplier<Future<?>>> largestFirst = new ArrayList<>();
            largestFirst(missing).forEach(blobs -> largestFirst.add(() -> InTurn.each(blobs, this::flow)));
            return admission.all(missing.stream().map(LayerPlan::blob).toList(), largestFirst);
        }

        /** Blobs of the same layer come one after another, so that the layer is assembled once. */
        private static List<List<LayerPlan>> largestFirst(List<LayerPlan> missing) {
            return missing.stream()
                    .collect(Collectors.groupingBy(LayerPlan::diffId, LinkedHashMap::new, Collectors.toList()))
                    .values()
                    .stream()
                    .sorted(Comparator.comparingLong(LayerPull::bytes).reversed())
                    .toList();
        }

        Future<Layer> flow(LayerPlan layer) {
            Work work = Work.of(layer);
            Audience audience = audiences.computeIfAbsent(work, first -> new Audience());
            audience.join(layer, listener);
            return flows.join(work, wanted, () -> begun(layer, audience))
                    .onComplete(done -> {
                        if (audience.leave(listener)) {
                            audiences.remove(work, audience);
                        }
                    })
                    // Whoever made it: what others fetched proves nothing for us.
                    .compose(made -> proofs.complete(layer.blob(), admission).map(made));
        }

        private Future<Layer> begun(LayerPlan layer, Audience audience) {
            return admission
                    .admit(layer.blob(), LayerFlow.bytes(layer), memory -> {
                        LayerFlow flow = LayerPull.this.flow(layer, source, memory, wanted, audience);
                        return flow.run().onSuccess(made -> {
                            known.add(layer);
                            if (flow.isFetched()) {
                                proofs.shown(layer.blob().digest());
                            }
                        });
                    })
                    .onSuccess(made -> audience.committed(layer));
        }
    }
}
