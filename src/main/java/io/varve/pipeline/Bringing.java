package io.varve.pipeline;

import io.varve.catalogue.Edges;
import io.varve.catalogue.Node;
import io.varve.catalogue.Transaction;
import io.varve.failure.Failure;
import io.varve.layerfs.Layer;
import io.varve.manifest.ArtifactPlan;
import io.varve.manifest.ImagePlan;
import io.varve.manifest.LayerPlan;
import io.varve.manifest.Plan;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Index;
import io.varve.oci.MediaType;
import io.varve.store.Session;
import io.varve.store.Store;
import io.vertx.core.Future;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** One pull in its session: what it needs is claimed, brought, and recorded. */
final class Bringing {
    private final Store store;
    private final LayerPull layers;
    private final ArtifactPull artifacts;
    private final Session session;
    private final Pull.Wish wish;
    private final KeptDocuments documents;
    private final Proofs proofs;
    private final List<Plan> plans;
    private final PullListener listener;

    /** @param lease what keeps the nodes while the job runs, and for a while after it failed */
    record Claim(long job, long lease) {}

    Bringing(
            Store store,
            LayerPull layers,
            ArtifactPull artifacts,
            Session session,
            Pull.Wish wish,
            KeptDocuments documents,
            Proofs proofs,
            List<Plan> plans,
            PullListener listener) {
        this.store = store;
        this.layers = layers;
        this.artifacts = artifacts;
        this.session = session;
        this.wish = wish;
        this.documents = documents;
        this.proofs = proofs;
        this.plans = plans;
        this.listener = listener;
    }

    /** Blocks. */
    Claim claim() {
        List<Node> needed = new ArrayList<>();
        documents().keySet().forEach(document -> needed.add(Node.blob(document.digest())));
        for (Plan plan : plans) {
            plan.blobs().forEach(blob -> needed.add(Node.blob(blob.digest())));
            switch (plan) {
                case ImagePlan image -> {
                    image.layers().forEach(layer -> needed.add(Node.layer(layer.diffId())));
                    needed.add(Node.index(image.chainId().digest()));
                }
                // Nothing is made of it.
                case ArtifactPlan artifact -> {}
            }
        }
        return session.write(transaction -> {
            Instant now = Instant.now();
            long job = transaction.begin("pull", wish.subject(), now);
            return new Claim(
                    job, transaction.lease(job, needed, now.plus(store.options().lease())));
        });
    }

    private Map<Descriptor, byte[]> documents() {
        return documents.of(plans);
    }

    /** Called on the conducting context; the first that fails stops the others. */
    Future<List<Brought>> bring(Cancellation wanted) {
        Cancellation all = wanted.part();
        Brought[] brought = new Brought[plans.size()];
        List<Supplier<Future<?>>> works = new ArrayList<>();
        for (int i = 0; i < plans.size(); i++) {
            int place = i;
            works.add(() -> bring(plans.get(place), all).onSuccess(one -> brought[place] = one));
        }
        return stages().disk(() -> {
                    store.content().put(digests());
                    return true;
                })
                .compose(put -> Together.all(works, works.size(), all))
                .map(done -> List.of(brought));
    }

    private Map<Digest, byte[]> digests() {
        Map<Digest, byte[]> blobs = new HashMap<>();
        documents().forEach((document, bytes) -> blobs.put(document.digest(), bytes));
        return blobs;
    }

    private Future<? extends Brought> bring(Plan plan, Cancellation wanted) {
        return switch (plan) {
            case ImagePlan image ->
                layers.pull(image, wish.source(), proofs, wanted, listener)
                        .compose(stack -> merge(image, stack, wanted));
            case ArtifactPlan artifact -> artifacts.pull(artifact, wish.source(), proofs, wanted, listener);
        };
    }

    /** What is made of many images at once waits for memory; no image keeps its tree when it has its index. */
    private Future<Image> merge(ImagePlan plan, List<Layer> stack, Cancellation wanted) {
        Image image = Image.of(plan, stack, store);
        Digest chainId = image.chainId();
        return stages().disk(() -> store.indexes().find(chainId).isPresent())
                .compose(there -> there
                        ? Future.succeededFuture(image)
                        : stages().withTrees(
                                        () -> store.layers().treeBytes(stack),
                                        this,
                                        chainId.toString(),
                                        wanted,
                                        () -> stages().compute(
                                                        () -> store.layers().merge(stack))
                                                .compose(tree -> stages().disk(() ->
                                                        store.indexes().index(chainId, stack, () -> tree))))
                                .map(index -> image));
    }

    private Stages stages() {
        return layers.stages();
    }

    /** Blocks. */
    List<Brought> record(Claim claim, List<Brought> all) {
        // What others brought was found by its name, which may not be on the disk yet.
        store.settle();
        Map<Descriptor, Index> indexes = indexes();
        Set<Digest> here = here(indexes);
        session.write(transaction -> {
            Instant now = Instant.now();
            documents().keySet().forEach(document -> record(transaction, document, now));
            indexes.forEach((document, index) -> transaction.index(document, index, here::contains, now));
            for (Brought brought : all) {
                switch (brought) {
                    case Image image -> record(transaction, image, now);
                    case Artifact artifact -> record(transaction, artifact.plan(), now);
                }
            }
            if (wish.name() != null) {
                transaction.tag(wish.name(), wish.image().digest(), now);
                transaction.release(claim.lease());
            }
            transaction.end(claim.job());
            return true;
        });
        return all;
    }

    /**
     * What image indexes lead to: what came with them, now or before, from where they are from. Whatever else they list is somebody else's,
     * as far as anybody knows, even if it should be in the store.
     */
    private Set<Digest> here(Map<Descriptor, Index> indexes) {
        Set<Digest> here = new HashSet<>(digests().keySet());
        String location = wish.source().location();
        if (location != null) {
            Set<Digest> listed = new HashSet<>();
            indexes.forEach((document, index) -> Edges.of(Node.blob(document.digest()), index)
                    .forEach(edge -> listed.add(edge.child().digest())));
            listed.removeAll(here);
            store.read(catalogue -> listed.stream()
                            .filter(each -> catalogue.sources(each).contains(location))
                            .toList())
                    .ifPresent(here::addAll);
        }
        return here;
    }

    private Map<Descriptor, Index> indexes() {
        Map<Descriptor, Index> indexes = new LinkedHashMap<>();
        documents().forEach((document, bytes) -> {
            if (document.mediaType().kind() == MediaType.Kind.INDEX) {
                indexes.put(document, KeptDocuments.index(bytes, store.options().plan()));
            }
        });
        return indexes;
    }

    private void record(Transaction transaction, Image image, Instant now) {
        ImagePlan plan = image.plan();
        transaction.manifest(plan.descriptor(), plan.manifest(), plan.config(), plan.platform(), now);
        for (int i = 0; i < plan.layers().size(); i++) {
            LayerPlan planned = plan.layers().get(i);
            Layer layer = image.layers().get(i);
            record(transaction, planned.blob(), now);
            transaction.present(Node.layer(layer.diffId()), layer.size(), null, now);
        }
        Path index = store.indexes()
                .find(image.chainId())
                .orElseThrow(() -> Failure.notFound("index of " + image.chainId() + " was removed meanwhile"));
        transaction.present(Node.index(image.chainId()), size(index), null, now);
    }

    private void record(Transaction transaction, ArtifactPlan plan, Instant now) {
        transaction.artifact(plan.descriptor(), plan.manifest(), now);
        plan.blobs().forEach(blob -> record(transaction, blob, now));
    }

    private void record(Transaction transaction, Descriptor blob, Instant now) {
        transaction.present(Node.blob(blob.digest()), blob.size(), blob.mediaType(), now);
        String location = wish.source().location();
        if (location != null) {
            transaction.source(blob.digest(), location, now);
        }
    }

    private static long size(Path index) {
        try {
            return Files.size(index);
        } catch (IOException e) {
            throw Failure.from(e);
        }
    }
}
