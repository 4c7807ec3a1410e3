package io.varve.build;

import io.varve.catalogue.Node;
import io.varve.catalogue.Transaction;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Index;
import io.varve.oci.MediaType;
import io.varve.oci.Reference;
import io.varve.pipeline.LayerMaking;
import io.varve.pipeline.Sitting;
import io.varve.pipeline.Stages;
import io.varve.store.Session;
import io.varve.store.Store;
import io.vertx.core.Future;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a build made becomes everybody's: all that it needs is leased, then brought to the disk, then named in one transaction. Belongs to the
 * conducting context.
 */
final class Recording {
    private final Store store;
    private final Stages stages;
    private final Writing writing;
    private final LayerMaker maker;
    private final List<Reference> tags;
    private final List<BuiltImage> images;
    private final @Nullable Index index;
    private final Descriptor top;

    /** What keeps all of it meanwhile. */
    private record Claim(long job, long lease) {}

    /** @param index of all the images; null when there is one and no index */
    Recording(
            Store store,
            Stages stages,
            Writing writing,
            LayerMaker maker,
            List<Reference> tags,
            List<BuiltImage> images,
            @Nullable Index index) {
        this.store = store;
        this.stages = stages;
        this.writing = writing;
        this.maker = maker;
        this.tags = tags;
        this.images = images;
        this.index = index;
        top = index == null
                ? images.getFirst().descriptor()
                : Descriptor.of(MediaType.Known.OCI_INDEX, Digest.sha256(index.bytes()), index.bytes().length);
    }

    static Index index(List<BuiltImage> images, Map<String, String> annotations) {
        return Index.of(images.stream()
                        .map(image -> image.descriptor().on(image.base().platform()))
                        .toList())
                .annotated(annotations);
    }

    /** @param check whether an image may become one, asked when all of it is on the disk */
    Future<Built> record(Function<BuiltImage, Future<?>> check) {
        return stages.disk(this::isThere)
                .compose(there ->
                        there ? Future.succeededFuture(new Built(top, tags, true)) : claimed(check, this::recorded));
    }

    /** Whether nothing of it would be new, its names neither. Blocks. */
    private boolean isThere() {
        return !tags.isEmpty()
                && layers().stream().allMatch(layer -> layer.making() == null && maker.isThere(layer))
                && store.read(catalogue -> tags.stream()
                                .allMatch(tag -> catalogue
                                        .tag(tag.toString())
                                        .filter(found -> found.image().digest().equals(top.digest()))
                                        .isPresent()))
                        .orElse(false);
    }

    private List<MadeLayer> layers() {
        return images.stream()
                .flatMap(image -> image.layers().stream())
                .distinct()
                .toList();
    }

    /** Everything to the disk, for a while, and without a name. */
    Future<Boolean> bring() {
        return claimed(
                any -> Future.succeededFuture(),
                (session, claim) -> session.write(transaction -> {
                    transaction.end(claim.job());
                    return true;
                }));
    }

    /** @param last what is done when all of it is on the disk; blocks */
    private <T> Future<T> claimed(Function<BuiltImage, Future<?>> check, BiFunction<Session, Claim, T> last) {
        return writing.session()
                .compose(session -> stages.disk(() -> claim(session))
                        .compose(claim -> brought()
                                .compose(brought ->
                                        Future.join(images.stream().map(check).toList()))
                                .compose(checked -> stages.disk(() -> last.apply(session, claim)))
                                .recover(thrown -> stages.disk(() -> {
                                            Sitting.abandon(session, claim.job(), thrown);
                                            return true;
                                        })
                                        .compose(abandoned -> Future.failedFuture(thrown)))));
    }

    private String subject() {
        return tags.isEmpty() ? top.digest().toString() : tags.getFirst().toString();
    }

    private Claim claim(Session session) {
        Set<Node> needed = new LinkedHashSet<>();
        documents().keySet().forEach(digest -> needed.add(Node.blob(digest)));
        for (BuiltImage image : images) {
            image.manifest().layers().forEach(blob -> needed.add(Node.blob(blob.digest())));
            image.config().diffIds().forEach(diffId -> needed.add(Node.layer(diffId)));
        }
        return session.write(transaction -> {
            Instant now = Instant.now();
            long job = transaction.begin("build", subject(), now);
            return new Claim(
                    job, transaction.lease(job, needed, now.plus(store.options().lease())));
        });
    }

    private Map<Digest, byte[]> documents() {
        Map<Digest, byte[]> documents = new LinkedHashMap<>();
        for (BuiltImage image : images) {
            documents.put(image.manifest().config().digest(), image.config().bytes());
            documents.put(image.descriptor().digest(), image.manifest().bytes());
        }
        if (index != null) {
            documents.put(top.digest(), index.bytes());
        }
        return documents;
    }

    private Future<?> brought() {
        List<Future<?>> all = new ArrayList<>();
        all.add(stages.disk(() -> {
            store.content().put(documents());
            return true;
        }));
        layers().forEach(layer -> all.add(brought(layer)));
        return Future.join(all);
    }

    private Future<?> brought(MadeLayer layer) {
        LayerMaking making = layer.making();
        if (making == null) {
            return foundAgain(layer);
        }
        boolean byOthers = making.isCommitted();
        return making.commit().compose(there -> byOthers ? foundAgain(layer) : Future.succeededFuture());
    }

    /** One that was there may have been collected before it was leased. */
    private Future<?> foundAgain(MadeLayer layer) {
        return stages.disk(() -> maker.isThere(layer)).compose(there -> {
            if (there) {
                return Future.succeededFuture();
            }
            LayerContent content = layer.content();
            return content == null
                    ? Future.failedFuture(
                            Failure.notFound("blob " + layer.blob().digest() + " was removed meanwhile"))
                    : maker.again(content, layer.step()).compose(again -> committed(layer, again));
        });
    }

    private static Future<?> committed(MadeLayer promised, MadeLayer again) {
        return again.diffId().equals(promised.diffId()) && again.blob().equals(promised.blob())
                ? Objects.requireNonNull(again.making()).commit()
                : Future.failedFuture(Failure.of(Category.CONFLICT, "its files were changed meanwhile")
                        .during(promised.step()));
    }

    private Built recorded(Session session, Claim claim) {
        // What others brought was found by its name, which may not be on the disk yet.
        store.settle();
        session.write(transaction -> {
            Instant now = Instant.now();
            images.forEach(image -> record(transaction, image, now));
            if (index != null) {
                transaction.index(top, index, now);
                transaction.present(Node.blob(top.digest()), top.size(), top.mediaType(), now);
            }
            for (Reference tag : tags) {
                transaction.tag(tag.toString(), top.digest(), now);
            }
            if (!tags.isEmpty()) {
                transaction.release(claim.lease());
            }
            transaction.end(claim.job());
            return true;
        });
        return new Built(top, tags, false);
    }

    private static void record(Transaction transaction, BuiltImage image, Instant now) {
        transaction.manifest(
                image.descriptor(),
                image.manifest(),
                image.config(),
                image.base().platform(),
                now);
        present(transaction, image.descriptor(), now);
        present(transaction, image.manifest().config(), now);
        for (MadeLayer layer : image.layers()) {
            present(transaction, layer.blob(), now);
            transaction.present(Node.layer(layer.diffId()), layer.tarBytes(), null, now);
            if (layer.location() != null) {
                transaction.source(layer.blob().digest(), layer.location(), now);
            }
        }
    }

    private static void present(Transaction transaction, Descriptor blob, Instant now) {
        transaction.present(Node.blob(blob.digest()), blob.size(), blob.mediaType(), now);
    }
}
