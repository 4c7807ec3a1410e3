package io.varve.image;

import io.varve.catalogue.Edge;
import io.varve.catalogue.Node;
import io.varve.catalogue.Transaction;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.ImageName;
import io.varve.oci.Reference;
import io.varve.pipeline.Images;
import io.varve.store.Session;
import io.varve.store.Store;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Gives images of a store names, and takes them away. Any thread; blocks, for another process that holds the store too. */
public final class Naming {
    private final Store store;
    private final Images images;

    public Naming(Store store, Images images) {
        this.store = store;
        this.images = images;
    }

    /**
     * A name that an image can have: in full, with a tag and without a digest.
     *
     * @throws Failure Invalid for any other
     */
    public static Reference name(String text) {
        Reference reference = Reference.normalized(text).withDefaultTag();
        if (reference.digest() != null) {
            throw Failure.invalid("got " + text + ", wanted a name without a digest")
                    .during("reading the name");
        }
        return reference;
    }

    /**
     * Gives an image one more name, which another image loses if it has it.
     *
     * @return what the name leads to now
     * @throws Failure NotFound when there is no such image, or not all of it
     */
    public Descriptor tag(ImageName image, Reference name) {
        return store.write("tag " + name, session -> {
            Descriptor found = images.find(image);
            return session.write(transaction -> {
                transaction.missing(found.digest()).ifPresent(part -> {
                    throw Failure.notFound("image " + found.digest() + ": got no blob " + part.digest()
                            + ", which is a part of it; pull it again");
                });
                transaction.tag(name.toString(), found.digest(), Instant.now());
                return found;
            });
        });
    }

    /**
     * Takes names away from images, all of them or none. A digest means the one name that the image has, or, of an image without a
     * name, that it is not kept any longer.
     *
     * @return what was taken away: names, or digests of what had none
     * @throws Failure NotFound when there is no such image, Conflict for a digest with several names
     */
    public List<String> remove(List<ImageName> names) {
        return store.makeRoom("rm", session -> {
            names.forEach(images::find);
            return session.write(transaction -> {
                List<String> gone = new ArrayList<>();
                for (ImageName name : names) {
                    gone.add(
                            switch (name) {
                                case Reference reference
                                when reference.digest() == null ->
                                    remove(
                                            transaction,
                                            reference.withDefaultTag().toString());
                                case Reference reference -> remove(session, transaction, digest(reference));
                                case Digest digest -> remove(session, transaction, digest);
                            });
                }
                return gone;
            });
        });
    }

    private static Digest digest(Reference reference) {
        Digest digest = reference.digest();
        if (digest == null) {
            throw new IllegalStateException("asked for the digest of a name");
        }
        return digest;
    }

    private static String remove(Transaction transaction, String name) {
        if (!transaction.untag(name)) {
            throw Failure.notFound("got no image " + name);
        }
        return name;
    }

    private static String remove(Session session, Transaction transaction, Digest digest) {
        List<String> names = session.catalogue().names(digest);
        if (names.size() > 1) {
            throw Failure.of(Category.CONFLICT, digest + " has several names: " + String.join(", ", names));
        }
        if (names.isEmpty()) {
            release(session, transaction, Node.blob(digest));
            return digest.toString();
        }
        return remove(transaction, names.getFirst());
    }

    /**
     * The image and all that it needs: whatever brought it leased each of them with it. What another image needs is kept by that one, and
     * what somebody is bringing now, whose image is known at the end of that, by the lease of his job.
     */
    private static void release(Session session, Transaction transaction, Node image) {
        Set<Node> seen = new HashSet<>(Set.of(image));
        Deque<Node> next = new ArrayDeque<>(seen);
        while (!next.isEmpty()) {
            for (Edge edge : session.catalogue().needs(next.pop())) {
                if (seen.add(edge.child())) {
                    next.push(edge.child());
                }
            }
        }
        transaction.release(image, seen);
    }
}
