package io.varve.distribution;

import io.varve.catalogue.Node;
import io.varve.catalogue.Transaction;
import io.varve.content.Blob;
import io.varve.content.Deposit;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.varve.oci.ImageConfig;
import io.varve.oci.Index;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.oci.Reference;
import io.varve.store.Session;
import io.varve.store.Store;
import io.varve.store.StoredDocuments;
import io.vertx.core.Future;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What callers put into repositories and take out of them. Whatever is told to be there is on the disk, and is kept: a blob or a manifest
 * without a name for the lease's time, and what a named one needs as long as it has its name. Blocks, so it belongs on workers; safe for
 * any thread. What callers do wrong is a {@link Refusal}, what the store refuses a {@link Failure}.
 */
final class Publication {
    private static final String PURPOSE = "push";

    private final Store store;
    private final Repositories repositories;
    private final Layers layers;
    private final UploadLimits limits;

    Publication(Store store, Repositories repositories, Layers layers, UploadLimits limits) {
        this.store = store;
        this.repositories = repositories;
        this.layers = layers;
        this.limits = limits;
    }

    /** The caller's to {@link #leave}. */
    Session join() {
        return store.join(PURPOSE);
    }

    void leave() {
        store.leave(null);
    }

    Deposit deposit() {
        return store.content().deposit();
    }

    /** @param complete all bytes of it came; it stays the caller's */
    void blob(Session session, Deposit complete, Digest told, Reference repository) {
        complete.end();
        try {
            complete.check(told);
        } catch (Failure e) {
            throw e.category() == Category.MISMATCH ? Refusal.digestWrong(e.wrong()) : e;
        }
        // Before it is there: what is there and needed by nobody may be collected at any moment.
        long lease = lease(session, List.of(Node.blob(told)));
        Blob blob = complete.commit(told);
        session.write(transaction -> {
            transaction.present(Node.blob(told), blob.size(), null, Instant.now());
            transaction.pushed(repository.name(), Node.blob(told), lease);
            return true;
        });
    }

    /**
     * Puts a blob of one repository into another one.
     *
     * @param from one that the caller may read
     * @return whether it was there
     */
    boolean mount(Reference repository, Reference from, Digest digest) {
        return repositories.held(from, digest).isPresent()
                && store.write(PURPOSE, session -> {
                    long lease = lease(session, List.of(Node.blob(digest)));
                    Optional<Blob> blob = store.content().find(digest);
                    blob.ifPresent(there -> session.write(transaction -> {
                        transaction.present(Node.blob(digest), there.size(), null, Instant.now());
                        transaction.pushed(repository.name(), Node.blob(digest), lease);
                        return true;
                    }));
                    return blob.isPresent();
                });
    }

    private long lease(Session session, List<Node> nodes) {
        return session.write(transaction ->
                transaction.lease(0, nodes, Instant.now().plus(store.options().lease())));
    }

    /**
     * A manifest or an image index that may be put, and is not yet.
     *
     * @param name that it is to have; null for none
     * @param parts what it lists
     * @param config of an image; null for what is none
     * @param claims layers of which only the image says which blobs they are
     */
    record Offer(
            Reference repository,
            @Nullable Reference name,
            Descriptor image,
            Document document,
            List<Descriptor> parts,
            @Nullable ImageConfig config,
            Map<Digest, Digest> claims) {
        Node node() {
            return Node.blob(image.digest());
        }
    }

    /**
     * @param reference a tag or a digest
     * @param announced its media type, as the caller says; null when he does not
     */
    Offer offer(Reference repository, String reference, @Nullable String announced, byte[] bytes) {
        Document document = document(bytes, announced);
        Digest digest = digest(reference, bytes);
        Reference name = reference.indexOf(':') < 0 ? name(repository, reference) : null;
        Descriptor image = Descriptor.of(document.mediaType(), digest, bytes.length);
        List<Descriptor> parts = parts(document);
        parts.forEach(part -> check(repository, document, part));
        ImageConfig config = document instanceof Manifest manifest ? config(manifest) : null;
        return new Offer(
                repository, name, image, document, parts, config, config == null ? Map.of() : claims(parts, config));
    }

    /** Those that no image before said, which was pulled, or of which it was found to be true. */
    private Map<Digest, Digest> claims(List<Descriptor> parts, ImageConfig config) {
        Map<Digest, Digest> claims = new LinkedHashMap<>();
        for (int i = 0; i < config.diffIds().size(); i++) {
            Digest blob = parts.get(i + 1).digest();
            Digest diffId = config.diffIds().get(i);
            boolean known = blob.equals(diffId)
                    || store.read(catalogue -> catalogue.isLayer(blob, diffId)).orElse(false);
            Digest other = known ? null : claims.put(blob, diffId);
            if (other != null && !other.equals(diffId)) {
                throw Refusal.manifestInvalid("layers: got blob " + blob + " for " + other + " and " + diffId);
            }
        }
        return claims;
    }

    /** Whether what an image says of a layer is so. Takes as long as it takes to decode it, or until it is unwanted. */
    Future<Void> check(Digest blob, Digest diffId, Future<?> unwanted) {
        return layers.check(blob, diffId, unwanted)
                .recover(thrown -> Future.failedFuture(thrown instanceof Failure e ? wrong(e) : thrown));
    }

    private static RuntimeException wrong(Failure e) {
        return switch (e.category()) {
            case INVALID, MISMATCH, EXCEEDED -> Refusal.manifestInvalid(e.wrong());
            case NOT_FOUND, UNAUTHORIZED, UNAVAILABLE, CONFLICT, CANCELLED, INTERNAL -> e;
        };
    }

    /** @param checked whose claims are true */
    void put(Offer checked) {
        store.write(PURPOSE, session -> {
            put(session, checked);
            return true;
        });
    }

    private Document document(byte[] bytes, @Nullable String announced) {
        try {
            return announced == null
                    ? Document.parse(bytes, limits.manifestBytes())
                    : Document.parse(bytes, limits.manifestBytes(), MediaType.parse(announced));
        } catch (Failure e) {
            throw Refusal.manifestInvalid(e.wrong());
        }
    }

    private static Digest digest(String reference, byte[] bytes) {
        if (reference.indexOf(':') < 0) {
            return Digest.sha256(bytes);
        }
        Digest told = Repositories.digest(reference);
        Digest got = Digest.of(told.algorithm(), bytes);
        if (!got.equals(told)) {
            throw Refusal.digestWrong("digest of " + bytes.length + " bytes: got " + got + ", wanted " + told);
        }
        return told;
    }

    private static Reference name(Reference repository, String tag) {
        try {
            return new Reference(repository.domain(), repository.path(), tag, null);
        } catch (Failure e) {
            throw Refusal.manifestInvalid(e.wrong());
        }
    }

    private List<Descriptor> parts(Document document) {
        List<Descriptor> parts = new ArrayList<>();
        switch (document) {
            case Manifest manifest -> {
                parts.add(manifest.config());
                parts.addAll(manifest.layers());
            }
            case Index index -> parts.addAll(index.manifests());
        }
        if (parts.size() - 1 > limits.parts()) {
            throw Refusal.manifestInvalid(
                    "got " + parts.size() + " parts, wanted at most " + limits.parts() + " (limits.layers)");
        }
        return parts;
    }

    /** Whether the repository has it, whatever else the store has. */
    private void check(Reference repository, Document document, Descriptor part) {
        Digest digest;
        try {
            digest = part.digest();
        } catch (Failure e) {
            throw Refusal.manifestInvalid(e.wrong());
        }
        Optional<Content> held =
                switch (document) {
                    case Manifest manifest -> repositories.held(repository, digest);
                    case Index index -> repositories.image(repository, digest);
                };
        Content there = held.orElseThrow(() -> Refusal.partUnknown(repository.path(), digest.toString()));
        if (there.size() != part.size()) {
            throw Refusal.manifestInvalid("size of " + digest + ": got " + part.size() + ", wanted " + there.size());
        }
        if (document instanceof Index && !there.mediaType().equals(part.mediaType())) {
            throw Refusal.manifestInvalid(
                    "mediaType of " + digest + ": got " + part.mediaType() + ", wanted " + there.mediaType());
        }
    }

    /** Null for an artifact, which has none. */
    private @Nullable ImageConfig config(Manifest manifest) {
        try {
            ImageConfig config = documents().config(manifest).orElse(null);
            if (config != null && config.diffIds().size() != manifest.layers().size()) {
                throw Failure.mismatch(
                        "layers",
                        manifest.layers().size(),
                        config.diffIds().size() + ", as rootfs.diff_ids of the config has");
            }
            return config;
        } catch (Failure e) {
            throw wrong(e);
        }
    }

    private StoredDocuments documents() {
        return new StoredDocuments(store.content(), limits.manifestBytes());
    }

    private void put(Session session, Offer pushed) {
        List<Node> nodes = new ArrayList<>();
        nodes.add(pushed.node());
        pushed.parts().forEach(part -> nodes.add(Node.blob(part.digest())));
        long lease = lease(session, nodes);
        for (Descriptor part : pushed.parts()) {
            // It may have been collected before there was the lease, and not since.
            if (store.content().find(part.digest()).isEmpty()) {
                throw Refusal.partUnknown(
                        pushed.repository().path(), part.digest().toString());
            }
        }
        store.content().put(pushed.image().digest(), pushed.document().bytes());
        // What others brought was found by its name, which may not be on the disk yet.
        store.settle();
        session.write(transaction -> {
            record(transaction, pushed, lease, Instant.now());
            return true;
        });
    }

    private static void record(Transaction transaction, Offer pushed, long lease, Instant now) {
        String repository = pushed.repository().name();
        Descriptor image = pushed.image();
        switch (pushed.document()) {
            case Index index -> transaction.index(image, index, now);
            case Manifest manifest -> {
                ImageConfig config = pushed.config();
                if (config == null) {
                    transaction.artifact(image, manifest, now);
                } else {
                    transaction.manifest(image, manifest, config, config.platform(), now);
                }
            }
        }
        for (Descriptor part : pushed.parts()) {
            transaction.present(Node.blob(part.digest()), part.size(), part.mediaType(), now);
            transaction.pushed(repository, Node.blob(part.digest()), 0);
        }
        transaction.present(pushed.node(), image.size(), image.mediaType(), now);
        Reference name = pushed.name();
        if (name == null) {
            transaction.pushed(repository, pushed.node(), lease);
        } else {
            transaction.pushed(repository, pushed.node(), 0);
            transaction.tag(name.toString(), image.digest(), now);
            transaction.release(lease);
        }
    }

    /**
     * Takes a tag away, or an image with all its tags.
     *
     * @param reference a tag or a digest
     * @return the names that were taken away
     */
    List<String> remove(Reference repository, String reference) {
        return reference.indexOf(':') < 0
                ? untag(name(repository, reference))
                : withdraw(repository, Repositories.digest(reference));
    }

    private List<String> untag(Reference name) {
        boolean there =
                store.makeRoom(PURPOSE, session -> session.write(transaction -> transaction.untag(name.toString())));
        if (!there) {
            throw Refusal.manifestUnknown(name.path(), String.valueOf(name.tag()));
        }
        return List.of(name.toString());
    }

    private List<String> withdraw(Reference repository, Digest digest) {
        if (repositories.image(repository, digest).isEmpty()) {
            throw Refusal.manifestUnknown(repository.path(), digest.toString());
        }
        try {
            return store.makeRoom(
                    PURPOSE, session -> session.write(transaction -> transaction.withdraw(repository.name(), digest)));
        } catch (Failure e) {
            throw e.category() == Category.CONFLICT ? Refusal.manifestListed(repository.path(), digest.toString()) : e;
        }
    }
}
