package io.varve.push;

import io.varve.catalogue.Node;
import io.varve.catalogue.Transaction;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.ImageName;
import io.varve.oci.Reference;
import io.varve.pipeline.Cancellation;
import io.varve.pipeline.Conducting;
import io.varve.pipeline.Feed;
import io.varve.pipeline.Images;
import io.varve.pipeline.PullListener;
import io.varve.pipeline.RegistrySource;
import io.varve.pipeline.Sitting;
import io.varve.pipeline.Source;
import io.varve.pipeline.Stages;
import io.varve.pipeline.StoredSource;
import io.varve.registry.Access;
import io.varve.registry.Registry;
import io.varve.registry.Repository;
import io.varve.registry.Uploads;
import io.varve.store.Session;
import io.varve.store.Store;
import io.vertx.core.Future;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Images on their way to registries. Safe for any thread.
 *
 * <p>What is pushed of a store is leased until it is there, so that a collection beside the push takes nothing of it; where it is
 * then is recorded, so that the next push to that host finds it there.
 */
public final class Pushes {
    private final Store store;
    private final Images images;
    private final Supplier<Stages> stages;
    private final Supplier<Registry> registry;
    private final Supplier<Uploads> uploads;
    private final int atOnce;

    /**
     * @param registry made when it is first needed, as uploads are
     * @param atOnce how many blobs of one image may be on their way at once
     */
    public Pushes(
            Store store,
            Images images,
            Supplier<Stages> stages,
            Supplier<Registry> registry,
            Supplier<Uploads> uploads,
            int atOnce) {
        this.store = store;
        this.images = images;
        this.stages = stages;
        this.registry = registry;
        this.uploads = uploads;
        this.atOnce = atOnce;
    }

    /**
     * What an image is called in a registry when nothing else is said.
     *
     * @throws Failure Invalid for a digest, which says no registry
     */
    public static Reference destination(ImageName image) {
        return switch (image) {
            case Digest digest ->
                throw Failure.invalid("destination: got none for " + digest + ", wanted [HOST[:PORT]/]PATH[:TAG]");
            case Reference reference -> reference.withDefaultTag();
        };
    }

    /**
     * As {@link #push(ImageName, Reference, Access, Cancellation, PullListener)}, for threads that may block; an interrupt cancels
     * it, and the thread stays interrupted.
     */
    public Pushed push(ImageName image, Reference destination, Access access, PullListener listener) {
        Cancellation going = new Cancellation();
        return Conducting.on(stages.get().context(), going, () -> push(image, destination, access, going, listener));
    }

    /**
     * Pushes an image of the store, with all of its parts that the store has: a manifest, an image index, an artifact. Called on
     * the conducting context.
     *
     * @param destination in full; with a digest it must be the image's, and then there need be no tag
     * @return fails with NotFound when the store has no such image, or lacks a blob of it that the registry lacks too; with what the
     *     registry refuses; Unavailable when another process holds the store; Cancelled; naming the destination
     */
    public Future<Pushed> push(
            ImageName image, Reference destination, Access access, Cancellation going, PullListener listener) {
        Reference to = destination.withDefaultTag();
        return named(
                to,
                () -> going.over(stages().disk(() -> images.find(image))).compose(found -> {
                    Repository repository = Repository.of(to, access);
                    checkDigest(to, found);
                    return Sitting.in(
                                    store,
                                    stages(),
                                    "push " + to,
                                    going,
                                    session -> push(found, to, repository, session, going, listener))
                            .map(done -> new Pushed(to.toString(), found));
                }));
    }

    private Future<Void> push(
            Descriptor image,
            Reference to,
            Repository repository,
            Session session,
            Cancellation going,
            PullListener listener) {
        StoredSource source = StoredSource.of(store, image);
        return stages().disk(() -> Freight.of(image, source, store.options().plan(), true))
                .compose(freight -> {
                    tellLacking(to, freight, listener);
                    Shipping shipping = new Shipping(
                            stages(),
                            uploads.get(),
                            new Shelf(source),
                            repository,
                            freight,
                            blob -> stages().disk(() -> mount(blob, repository)),
                            listener);
                    return stages().disk(() -> claim(to, freight, session))
                            .compose(job -> shipping.ship(to.tag(), atOnce, going)
                                    .transform((shipped, thrown) -> stages().disk(() ->
                                                    ended(job, thrown == null ? freight : null, repository, session))
                                            .compose(ended -> thrown == null
                                                    ? Future.<Void>succeededFuture()
                                                    : Future.failedFuture(thrown))));
                });
    }

    private static void tellLacking(Reference to, Freight freight, PullListener listener) {
        if (!freight.lacking().isEmpty()) {
            listener.noted(to + " is pushed without " + freight.lacking().size()
                    + " entries of its image index, which the store does not have");
        }
    }

    private static void checkDigest(Reference to, Descriptor image) {
        Digest digest = to.digest();
        if (digest != null && !digest.equals(image.digest())) {
            throw Failure.mismatch("digest", image.digest(), digest + ", as the destination has it");
        }
    }

    /** Blocks. */
    private long claim(Reference to, Freight freight, Session session) {
        List<Node> needed = new ArrayList<>();
        freight.papers()
                .forEach(paper -> needed.add(Node.blob(paper.descriptor().digest())));
        freight.blobs().forEach(blob -> needed.add(Node.blob(blob.digest())));
        return session.write(transaction -> {
            Instant now = Instant.now();
            long job = transaction.begin("push", to.toString(), now);
            transaction.lease(job, needed, now.plus(store.options().lease()));
            return job;
        });
    }

    /**
     * Blocks.
     *
     * @param there what the repository has now; null when that is not known
     */
    private boolean ended(long job, @Nullable Freight there, Repository repository, Session session) {
        return session.write(transaction -> {
            if (there != null) {
                record(there, repository, transaction);
            }
            transaction.end(job);
            return true;
        });
    }

    private static void record(Freight there, Repository repository, Transaction transaction) {
        Instant now = Instant.now();
        there.papers().forEach(paper -> transaction.source(paper.descriptor().digest(), location(repository), now));
        there.blobs().forEach(blob -> transaction.source(blob.digest(), location(repository), now));
    }

    private static String location(Repository repository) {
        return "docker://" + repository;
    }

    /** Where the host has it besides, as far as the catalogue knows. Blocks. */
    private Optional<String> mount(Descriptor blob, Repository repository) {
        String host = "docker://" + repository.host() + "/";
        return store.read(catalogue -> catalogue.sources(blob.digest())).orElse(List.of()).stream()
                .filter(seen -> seen.startsWith(host))
                .map(seen -> seen.substring(host.length()))
                .filter(path -> !path.equals(repository.path()))
                .findFirst();
    }

    /** The blobs of a store, of which some may have gone. */
    private record Shelf(StoredSource stored) implements Source {
        @Override
        public byte[] read(Descriptor descriptor, long limit) {
            return stored.read(descriptor, limit);
        }

        @Override
        public Feed feed(Descriptor blob, long offset) {
            Feed feed = stored.feed(blob, offset);
            return (sink, on) -> feed.into(sink, on).recover(thrown -> {
                Failure failure = Failure.from(thrown);
                return Future.failedFuture(
                        failure.category() == Category.NOT_FOUND
                                ? Failure.notFound(
                                        "neither the registry nor the store has it; with keepBlobs: true pull brings it again")
                                : failure);
            });
        }

        @Override
        public @Nullable String location() {
            return stored.location();
        }

        @Override
        public String place() {
            return stored.place();
        }
    }

    /** As {@link #copy(Reference, Access, Reference, Access, Cancellation, PullListener)}, for threads that may block. */
    public Pushed copy(Reference from, Access there, Reference destination, Access access, PullListener listener) {
        Cancellation going = new Cancellation();
        return Conducting.on(
                stages.get().context(), going, () -> copy(from, there, destination, access, going, listener));
    }

    /**
     * Copies an image from one registry to another, with all that it leads to, or within one. Nothing of it is kept here. Called on
     * the conducting context.
     */
    public Future<Pushed> copy(
            Reference from,
            Access there,
            Reference destination,
            Access access,
            Cancellation going,
            PullListener listener) {
        Reference to = destination.withDefaultTag();
        Reference asked = from.forPull();
        return named(to, () -> {
            Repository source = Repository.of(asked, there);
            Repository repository = Repository.of(to, access);
            Digest digest = asked.digest();
            String what = digest == null ? String.valueOf(asked.tag()) : digest.toString();
            long limit = store.options().plan().manifestBytes();
            return going.over(registry.get().resolve(source, what, limit)).compose(found -> {
                checkDigest(to, found.descriptor());
                RegistrySource blobs = new RegistrySource(registry.get(), source, found, stages().context());
                return stages().plan(
                                () -> Freight.of(
                                        found.descriptor(),
                                        blobs,
                                        store.options().plan(),
                                        false),
                                going.cancelled())
                        .compose(freight -> new Shipping(
                                        stages(),
                                        uploads.get(),
                                        blobs,
                                        repository,
                                        freight,
                                        blob -> Future.succeededFuture(within(source, repository)),
                                        listener)
                                .ship(to.tag(), atOnce, going))
                        .map(shipped -> new Pushed(to.toString(), found.descriptor()));
            });
        });
    }

    private static Optional<String> within(Repository source, Repository repository) {
        return source.host().equals(repository.host()) && !source.path().equals(repository.path())
                ? Optional.of(source.path())
                : Optional.empty();
    }

    private static <T> Future<T> named(Reference to, Supplier<Future<T>> work) {
        Future<T> begun;
        try {
            begun = work.get();
        } catch (RuntimeException thrown) {
            begun = Future.failedFuture(thrown);
        }
        return begun.recover(thrown -> Future.failedFuture(Failure.from(thrown).during(to.toString())));
    }

    private Stages stages() {
        return stages.get();
    }
}
