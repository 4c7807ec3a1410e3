package io.varve.catalogue;

import io.varve.failure.Failure;
import io.varve.oci.Digest;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The catalogue to be read, as of the last transaction that anybody committed. Needs no lock, disturbs no writer, and
 * changes nothing, so a read-only disk will do. Everything that one call returns is of one moment. Safe for any thread;
 * blocks on the disk, for a moment.
 *
 * <p>Every call may fail: Invalid when the file is damaged where it was looked at, Unavailable when the disk refuses or this
 * is closed.
 */
public final class Catalogue implements AutoCloseable {
    private final Readers readers;

    private Catalogue(Readers readers) {
        this.readers = readers;
    }

    /**
     * @throws Failure NotFound when there is no such file, Invalid when it is damaged, Unavailable when a newer Varve wrote
     *     it, or when a writer died and what it wrote last cannot be taken in from here
     */
    public static Catalogue open(Path file) {
        return new Catalogue(new Readers(file));
    }

    public Optional<Tag> tag(String name) {
        return readers.read(session -> Names.tag(session, name));
    }

    /**
     * Tags whose names begin so and come after {@code after}, in the order of the names' bytes; all of them with "", "" and
     * a large limit.
     */
    public List<Tag> tags(String prefix, String after, int limit) {
        return readers.read(session -> Names.tags(session, prefix, after, limit));
    }

    /** The names that this image has, in order. */
    public List<String> names(Digest image) {
        return readers.read(session -> Names.of(session, image));
    }

    /** All images: by name, then those that only a lease keeps. */
    public List<StoredImage> images() {
        return images(Instant.now());
    }

    /** The named images as {@link #tags} has their names. */
    public List<StoredImage> images(String prefix, String after, int limit) {
        return readers.read(session -> Images.named(session, prefix, after, limit));
    }

    List<StoredImage> images(Instant now) {
        return readers.read(session -> Images.list(session, now));
    }

    public Optional<Entry> find(Node node) {
        return readers.read(session -> Nodes.find(session, node));
    }

    /** All nodes, in no order. */
    public List<Entry> nodes() {
        return readers.read(Nodes::all);
    }

    /** What all nodes of the kind that are in the store come to. */
    public long bytes(Node.Kind kind) {
        return readers.read(session -> Nodes.bytes(session, kind));
    }

    /** What this node needs: by role, then by position. */
    public List<Edge> needs(Node parent) {
        return readers.read(session -> Nodes.needs(session, parent));
    }

    /** Names of images that need this node, or are it: at most so many, in order. */
    public List<String> namesNeeding(Node node, int limit) {
        return readers.read(session -> Needing.names(session, node, limit));
    }

    /** Whether anything that was pushed to this repository is still known; its name is in full. */
    public boolean isPushedTo(String repository) {
        return readers.read(session -> Pushes.isThere(session, repository));
    }

    /**
     * Images that say something of a subject, there or not, and are in a repository, as {@link #isNeeded} has it; by the order of their
     * digests' bytes.
     *
     * @param repository its name in full
     * @param type what they are; null for anything
     * @param after a digest; only those behind it
     */
    public List<Digest> referrers(Digest subject, String repository, @Nullable String type, String after, int limit) {
        return readers.read(session -> Pushes.referrers(session, subject, repository, type, after, limit));
    }

    /** Whether an image with a name that begins so needs this node, or is it, or something that was {@linkplain
     * Transaction#pushed pushed} to a repository of such a name. */
    public boolean isNeeded(Node node, String prefix) {
        return readers.read(session -> Needing.isNeeded(session, node, prefix));
    }

    /**
     * The same of an image: whether it has such a name, was pushed to such a repository as an image, or is listed by an image index of
     * which that is so. What has its manifest among its blobs has some bytes, and not the image.
     */
    public boolean isImage(Node node, String prefix) {
        return readers.read(session -> Needing.isImage(session, node, prefix));
    }

    /** Whether it was recorded as an image, whatever others that have it among their parts call it. */
    public boolean isRecorded(Digest image) {
        return readers.read(session -> Nodes.isImage(session, image));
    }

    /** Whether this image is the other one, or is listed by it or by an image index that it lists. */
    public boolean leads(Node index, Node image) {
        return readers.read(session -> Needing.leads(session, index, image));
    }

    /** Whether a job that is running leases it. */
    public boolean isWorkedOn(Node node) {
        return readers.read(session -> Needing.isWorkedOn(session, node));
    }

    /**
     * Reads all of it, and says what is wrong with it as a database; nothing when it is sound.
     *
     * @throws Failure Invalid when there is something in it that Varve never writes
     */
    public List<String> problems() {
        return readers.read(Soundness::problems);
    }

    /** Blobs in the store that decode to this layer. */
    public List<Digest> blobsOf(Digest diffId) {
        return readers.read(session -> Nodes.blobsOf(session, diffId));
    }

    /** Blobs in the store that decode to this layer, and were seen there. */
    public List<Digest> blobsOf(Digest diffId, String location) {
        return readers.read(session -> Nodes.blobsOf(session, diffId, location));
    }

    /** The layers that images say this blob decodes to: one, unless one of them is wrong. */
    public List<Digest> layersOf(Digest blob) {
        return readers.read(session -> Nodes.layersOf(session, blob));
    }

    /** Whether an image says that this blob decodes to this layer; nobody records one before that was found to be so. */
    public boolean isLayer(Digest blob, Digest diffId) {
        return readers.read(session -> Nodes.isLayer(session, blob, diffId));
    }

    /** Where a blob was seen, latest first. */
    public List<String> sources(Digest blob) {
        return readers.read(session -> Nodes.sources(session, blob));
    }

    /** Nodes that nothing keeps: no tag, no lease that is running, no job, none of {@code roots} leads to them. */
    public List<Entry> garbage(Collection<Node> roots, Instant now) {
        return readers.read(session -> Reachability.garbage(session, roots, now));
    }

    /**
     * What keeps that which has this digest, each with the shortest way from there; empty when nothing does. Tags come
     * first, then leases, jobs and {@code roots}; the nearest first. Of very many some dozens are told.
     *
     * @param roots kept from outside, each with its words
     */
    public List<Reason> why(Digest digest, Map<Node, String> roots, Instant now) {
        return readers.read(session -> Why.of(session, digest, roots, now));
    }

    public Optional<JobRecord> job(String id) {
        return readers.read(session -> JobRecords.find(session, id));
    }

    /** The last job that this caller asked for with this key since then. */
    public Optional<JobRecord> job(String caller, String key, Instant since) {
        return readers.read(session -> JobRecords.find(session, caller, key, since));
    }

    /**
     * The latest jobs first.
     *
     * @param caller null for everybody's
     * @param state null for any
     * @param before an id: only jobs that came earlier; null for all
     */
    public List<JobRecord> jobs(@Nullable String caller, @Nullable String state, @Nullable String before, int limit) {
        return readers.read(session -> JobRecords.latest(session, caller, state, before, limit));
    }

    /** Those that are recorded as not finished, the earliest first. */
    public List<JobRecord> unfinishedJobs() {
        return readers.read(JobRecords::unfinished);
    }

    @Override
    public void close() {
        readers.close();
    }
}
