package io.varve.catalogue;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.ChainId;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.varve.oci.ImageConfig;
import io.varve.oci.Index;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.oci.Platform;
import java.time.Instant;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What can be written, only inside {@link CatalogueWriter#write}, on its thread. What it was told before, by the same
 * transaction too, counts for everything that follows.
 */
public final class Transaction {
    private final Session session;
    // Nodes that were recorded as images by this very transaction.
    private final Set<Long> images = new HashSet<>();
    // Whether names, or what is said of what has one, are others than before.
    private boolean named;
    private boolean ended;

    Transaction(Session session) {
        this.session = session;
    }

    /**
     * Nothing more can be written with it.
     *
     * @return whether it may have changed names, or the size or media type of what has one
     */
    boolean end() {
        ended = true;
        return named;
    }

    private Session session() {
        if (ended) {
            throw Failure.of(Category.INTERNAL, "catalogue: a transaction that has ended");
        }
        return session;
    }

    /** This node is committed, and has this size; its type counts unless it is recorded as an image. */
    public void present(Node node, long size, @Nullable MediaType mediaType, Instant now) {
        Optional<Known> known = known(node);
        if (known.isEmpty()) {
            insert(node, size, mediaType, true, Rows.millis(now));
            return;
        }
        Known before = known.get();
        session.change(
                "UPDATE node AS n SET size = ?, present = 1, used = max(used, ?), media_type ="
                        + " CASE WHEN EXISTS (SELECT 1 FROM image WHERE node = n.id) THEN media_type"
                        + " ELSE coalesce(?, media_type) END WHERE id = ?",
                size,
                Rows.millis(now),
                Rows.word(mediaType),
                before.id());
        if (!before.present() || before.size() != size) {
            Sums.lapse(session, before.id());
        }
        // Only what has a size can have a name.
        named |= before.size() >= 0 && before.size() != size;
    }

    /** This node is not there any more, though it may be needed. One that is not known stays so. */
    public void absent(Node node) {
        Optional<Known> known = known(node);
        if (known.isPresent() && known.get().present()) {
            session.change(
                    "UPDATE node SET present = 0 WHERE id = ?", known.get().id());
            Sums.lapse(session, known.get().id());
        }
    }

    /**
     * An image index and the images it lists, there or not; but not those whose digests Varve cannot verify. Again changes
     * nothing. Whether it is {@linkplain #present there} is said by itself.
     */
    public void index(Descriptor descriptor, Index index, Instant now) {
        index(descriptor, index, all -> true, now);
    }

    /**
     * The same of some of what it lists.
     *
     * @param had whether that image may be had by whoever has the image index: it is as if the others were not listed
     */
    public void index(Descriptor descriptor, Index index, Predicate<Digest> had, Instant now) {
        image(descriptor, null, now);
        List<Edge> edges = Edges.of(Node.blob(descriptor.digest()), index).stream()
                .filter(edge -> had.test(edge.child().digest()))
                .toList();
        for (Edge edge : edges) {
            blob(index.manifests().get(edge.position()), now);
        }
        edges(edges, now);
        refer(descriptor, index);
    }

    /**
     * A manifest with its configuration and layers, and the layers' diffIds and chainId from its configuration: blob i is
     * of layer i. Again changes nothing. Which of them are {@linkplain #present there} is said by itself.
     */
    public void manifest(Descriptor descriptor, Manifest manifest, ImageConfig config, Platform platform, Instant now) {
        image(descriptor, platform, now);
        blob(manifest.config(), now);
        manifest.layers().forEach(layer -> blob(layer, now));
        edges(Edges.of(Node.blob(descriptor.digest()), manifest, config.diffIds()), now);
        index(config.diffIds(), now);
        refer(descriptor, manifest);
    }

    /** A manifest that is no image, with its blobs; otherwise as {@link #manifest}. */
    public void artifact(Descriptor descriptor, Manifest manifest, Instant now) {
        image(descriptor, null, now);
        blob(manifest.config(), now);
        manifest.layers().forEach(layer -> blob(layer, now));
        edges(Edges.of(Node.blob(descriptor.digest()), manifest), now);
        refer(descriptor, manifest);
    }

    private void refer(Descriptor descriptor, Document document) {
        Descriptor subject = document.subject();
        if (subject != null && Edges.verifiable(subject)) {
            Pushes.refer(session, id(Node.blob(descriptor.digest())), subject.digest(), document.listedAs());
        }
    }

    private long id(Node node) {
        return node(node, -1, null, 0);
    }

    /** A stack of layers, base first, and the index that is needed for it, whether an image of it is known or not. */
    public void index(List<Digest> diffIds, Instant now) {
        node(Node.index(ChainId.of(diffIds).digest()), -1, null, Rows.millis(now));
        edges(Edges.of(diffIds), now);
    }

    /** What this node is said to need is forgotten, to be said again: by itself this would leave its parts to the collector. */
    public void forgetNeeds(Node parent) {
        Optional<Known> known = known(parent);
        if (known.isPresent()) {
            session.change("DELETE FROM edge WHERE parent = ?", known.get().id());
            Sums.lapse(session, known.get().id());
        }
    }

    /**
     * Gives an image a name, that another one loses.
     *
     * @throws Failure NotFound when the image was not recorded by {@link #manifest}, {@link #artifact} or {@link #index}, or a
     *     part of it was forgotten since
     */
    public void tag(String name, Digest image, Instant now) {
        int changed = session()
                .change(
                        "INSERT INTO tag (name, image, updated) SELECT ?, i.node, ?"
                                + " FROM node n JOIN image i ON i.node = n.id WHERE n.digest = ? AND n.kind = 'blob'"
                                + " ON CONFLICT DO UPDATE SET image = excluded.image,"
                                + " updated = CASE WHEN image = excluded.image THEN updated ELSE excluded.updated END",
                        name,
                        Rows.millis(now),
                        image.toString());
        if (changed == 0) {
            throw Failure.notFound("catalogue: tag " + name + ": image " + image + " is not recorded");
        }
        named = true;
    }

    /** A part of an image without which it is not whole; empty when it is. Of what is not for all platforms only what came counts. */
    public Optional<Node> missing(Digest image) {
        return Nodes.missing(session(), image);
    }

    /** Whether there was such a name. */
    public boolean untag(String name) {
        boolean had = session().change("DELETE FROM tag WHERE name = ?", name) > 0;
        named |= had;
        return had;
    }

    /**
     * Somebody begins to work.
     *
     * @return its number, which no other job will ever have
     */
    public long begin(String kind, String subject, Instant now) {
        return session()
                .number(
                        "INSERT INTO job (kind, subject, pid, started) VALUES (?, ?, ?, ?) RETURNING id",
                        kind,
                        subject,
                        ProcessHandle.current().pid(),
                        Rows.millis(now));
    }

    /** Its leases run on until they expire. A job that ended already may end again. */
    public void end(long job) {
        session().change("DELETE FROM job WHERE id = ?", job);
    }

    /**
     * Jobs of processes that ended without saying so: none is running when a process has just taken the store.
     *
     * @return whether there were any
     */
    public boolean endAll() {
        return session().change("DELETE FROM job") > 0;
    }

    /** What is told of a job from now on; of one that is recorded as finished nothing else is. */
    public void record(JobRecord record) {
        JobRecords.put(session(), record);
    }

    /**
     * Forgets jobs that finished before.
     *
     * @param keyedBefore of those that have a key only the ones that were created before this, too
     */
    public void forgetJobs(Instant before, Instant keyedBefore) {
        JobRecords.forget(session(), before, keyedBefore);
    }

    /**
     * Keeps these nodes, there or not, until then, and as long as the job runs.
     *
     * @param job one that has ended, or 0, for none
     * @return its number, which no other lease will ever have
     */
    public long lease(long job, Collection<Node> nodes, Instant expires) {
        long lease = session()
                .number(
                        "INSERT INTO lease (job, expires) VALUES ((SELECT id FROM job WHERE id = ?), ?) RETURNING id",
                        job,
                        Rows.millis(expires));
        for (Node node : nodes) {
            session.change(
                    "INSERT OR IGNORE INTO lease_node (lease, node) VALUES (?, ?)", lease, node(node, -1, null, 0));
        }
        return lease;
    }

    /** One that was released already may be released again. */
    public void release(long lease) {
        session().change("DELETE FROM lease WHERE id = ?", lease);
    }

    /**
     * Ends the leases that an image was brought with, as far as they are on these nodes. What a running job leases, and what is leased
     * without this image, somebody else counts on.
     *
     * @param nodes with the image itself, if nothing else is to be kept of it either
     */
    public void release(Node image, Collection<Node> nodes) {
        session()
                .change(
                        "DELETE FROM lease_node WHERE lease IN (SELECT l.id FROM node n JOIN lease_node k ON k.node = n.id"
                                + " JOIN lease l ON l.id = k.lease WHERE n.digest = ? AND n.kind = ? AND l.job IS NULL)"
                                + " AND node IN (SELECT n.id FROM json_each(?) r JOIN node n"
                                + " ON n.digest = json_extract(r.value, '$[1]') AND n.kind = json_extract(r.value, '$[0]'))",
                        image.digest().toString(),
                        Rows.word(image.kind()),
                        Reachability.json(nodes));
    }

    /**
     * Somebody put this into a repository: it is in it as if that had a name for it, and as an image if this transaction has recorded it
     * as one; what somebody else's image is called is not enough. It is not kept by that, unless it has a subject, which keeps it then;
     * the lease that kept it until now is released.
     *
     * @param repository its name in full
     * @param lease that keeps it from now on; 0 for none
     */
    public void pushed(String repository, Node node, long lease) {
        long id = id(node);
        Pushes.put(session(), repository, id, images.contains(id), lease);
    }

    /**
     * Takes an image out of a repository.
     *
     * @param repository its name in full
     * @return the names that it had there, in order
     * @throws Failure Conflict when another image of the repository lists it
     */
    public List<String> withdraw(String repository, Digest image) {
        named = true;
        return Pushes.withdraw(session(), repository, image);
    }

    /** Blob was seen there, just now. */
    public void source(Digest blob, String location, Instant now) {
        session()
                .change(
                        "INSERT INTO source (node, location, seen) VALUES (?, ?, ?)"
                                + " ON CONFLICT DO UPDATE SET seen = max(seen, excluded.seen)",
                        node(Node.blob(blob), -1, null, Rows.millis(now)),
                        location,
                        Rows.millis(now));
    }

    /** Somebody asked for it. Of a node that is not known nothing is kept. */
    public void used(Node node, Instant now) {
        session()
                .change(
                        "UPDATE node SET used = max(used, ?) WHERE digest = ? AND kind = ?",
                        Rows.millis(now),
                        node.digest().toString(),
                        Rows.word(node.kind()));
    }

    /** As {@link Catalogue#garbage}, as of this transaction. */
    public List<Entry> garbage(Collection<Node> roots, Instant now) {
        return Reachability.garbage(session(), roots, now);
    }

    /**
     * Blobs of layers that could be had again from a registry where they were seen, and that nobody has to have meanwhile:
     * their layers are there, and no lease is on them.
     */
    public List<Entry> replaceable() {
        return Nodes.replaceable(session());
    }

    /**
     * Says of garbage that it is about to be taken away: none of it counts as there any more, and no image that it is a part of
     * as recorded, so that nothing that finds it gone was promised it.
     */
    public void condemn(Collection<Node> nodes) {
        Reachability.condemn(session(), nodes);
    }

    /**
     * Forgets those of these nodes that no tag, lease or job leads to, with where they were seen; and leases that expired.
     * What {@code garbage} keeps for its roots' sake is not known here, so it must not be among the nodes.
     *
     * <p>An image that a forgotten node was a part of has to be recorded again before it can be tagged.
     */
    public void forget(Collection<Node> nodes, Instant now) {
        Reachability.forget(session(), nodes, now);
    }

    private void image(Descriptor descriptor, @Nullable Platform platform, Instant now) {
        long image = blob(descriptor, now);
        images.add(image);
        // Whoever listed it may have called it anything; what it is was found by reading it.
        named |= session.change(
                        "UPDATE node SET media_type = ?, size = CASE WHEN present THEN size ELSE ? END"
                                + " WHERE id = ? AND (media_type IS NOT ? OR (NOT present AND size <> ?))",
                        descriptor.mediaType().toString(),
                        descriptor.size(),
                        image,
                        descriptor.mediaType().toString(),
                        descriptor.size())
                > 0;
        int added = session.change(
                "INSERT OR IGNORE INTO image (node, platform, recorded) VALUES (?, ?, ?)",
                image,
                // One line, since several of them are kept one a line.
                platform == null ? null : platform.toString().replace('\n', ' '),
                Rows.millis(now));
        if (added > 0) {
            Sums.lapse(session, image);
        }
    }

    /** @param edges of one parent */
    private void edges(List<Edge> edges, Instant now) {
        if (edges.isEmpty()) {
            return;
        }
        long parent = node(edges.getFirst().parent(), -1, null, Rows.millis(now));
        for (Edge edge : edges) {
            session.change(
                    "INSERT OR IGNORE INTO edge (parent, role, position, child) VALUES (?, ?, ?, ?)",
                    parent,
                    Rows.word(edge.role()),
                    edge.position(),
                    node(edge.child(), -1, null, Rows.millis(now)));
        }
    }

    private long blob(Descriptor descriptor, Instant now) {
        return node(Node.blob(descriptor.digest()), descriptor.size(), descriptor.mediaType(), Rows.millis(now));
    }

    /** The id of a node, which is made if need be; what is said of it counts where nothing was known. */
    private long node(Node node, long size, @Nullable MediaType mediaType, long now) {
        Known known = known(node).orElse(null);
        if (known == null) {
            return insert(node, size, mediaType, false, now);
        }
        if ((known.size() < 0 && size >= 0) || (!known.typed() && mediaType != null)) {
            session.change(
                    "UPDATE node SET size = CASE WHEN size < 0 THEN ? ELSE size END, media_type = coalesce(media_type, ?)"
                            + " WHERE id = ?",
                    size,
                    Rows.word(mediaType),
                    known.id());
        }
        return known.id();
    }

    private record Known(long id, long size, boolean typed, boolean present) {}

    private Optional<Known> known(Node node) {
        return session()
                .first(
                        "SELECT id, size, media_type IS NOT NULL, present FROM node WHERE digest = ? AND kind = ?",
                        row -> new Known(row.getLong(1), row.getLong(2), row.getBoolean(3), row.getBoolean(4)),
                        node.digest().toString(),
                        Rows.word(node.kind()));
    }

    private long insert(Node node, long size, @Nullable MediaType mediaType, boolean present, long now) {
        return session.number(
                "INSERT INTO node (kind, digest, size, media_type, present, used) VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
                Rows.word(node.kind()),
                node.digest().toString(),
                size,
                Rows.word(mediaType),
                present ? 1 : 0,
                now);
    }
}
