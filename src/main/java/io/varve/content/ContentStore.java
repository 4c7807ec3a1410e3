package io.varve.content;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.hash.HashState;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.os.Failpoint;
import io.varve.os.Staged;
import io.varve.os.Staging;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The blobs of a store, by the digest of their bytes.
 *
 * <pre>
 *   blobs/&lt;algorithm&gt;/&lt;hex&gt;                a blob, whole and verified
 *   ingest/blob-&lt;algorithm&gt;-&lt;hex&gt;/data     one that is on its way, or was when its download was interrupted
 *                                  /state    how far it has come: position, and the hash up to there
 *   ingest/private-&lt;id&gt;/                  one that nobody will go on with
 *   ingest/space-&lt;id&gt;                     some of the disk, set aside
 * </pre>
 *
 * <p>A blob is brought in once, by an {@link Ingest}, and appears as a whole: whoever finds it finds all of it, verified and
 * on the disk. Several ingests of the same blob do not disturb each other: the first one's stays, and all of them succeed.
 *
 * <pre>
 *   try (Ingest ingest = content.ingest(digest, size)) {
 *       download from ingest.position() on:
 *           ingest.accept(slab) …
 *       Blob blob = ingest.commit();
 *   }
 * </pre>
 *
 * <p>A symlink or anything else in the place of a blob is no blob: it is neither read nor replaced.
 *
 * <p>Everything here touches the disk, and belongs on a worker. Safe for any thread; one process at a time writes.
 */
public final class ContentStore {
    /** A process that dies loses no more than these bytes of a download. */
    private static final long CHECKPOINT_BYTES = 64L << 20;

    private final Places places;
    private final Staging staging;
    private final long checkpointBytes;
    private final Supplier<@Nullable HashState> states;
    private final Executor behind;

    // Blobs whose resumable ingest is in somebody's hands; whoever else comes has a directory of its own.
    private final Set<Digest> busy = ConcurrentHashMap.newKeySet();

    /**
     * @param store the directory of the store; what is needed of it is made when something is written
     * @param staging of the same store
     */
    public ContentStore(Path store, Staging staging) {
        // Not before somebody writes, since it is tried out, and most commands only read.
        this(store, staging, CHECKPOINT_BYTES, () -> HashState.KNOWN, ContentStore::daemon);
    }

    /**
     * @param states asked for each ingest; gives null for hashes whose state stays inside
     * @param behind writes the checkpoints of ingests; one task of each at a time, which waits for the disk
     */
    ContentStore(
            Path store, Staging staging, long checkpointBytes, Supplier<@Nullable HashState> states, Executor behind) {
        places = new Places(store.resolve("blobs"), staging.directory());
        this.staging = staging;
        this.checkpointBytes = checkpointBytes;
        this.states = states;
        this.behind = behind;
    }

    /** A thread for every 64 MiB costs nothing beside them, and one that is stuck on a disk is in nobody's way. */
    private static void daemon(Runnable task) {
        Thread.ofPlatform().daemon().name("varve-checkpoint").start(task);
    }

    /** The blob, if it is there. */
    public Optional<Blob> find(Digest digest) {
        Path file = places.blob(digest);
        try {
            BasicFileAttributes found =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            return found.isRegularFile() ? Optional.of(new Blob(digest, found.size(), file)) : Optional.empty();
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException e) {
            throw Failure.from(e).during("blob " + digest);
        }
    }

    /**
     * The blob to be read: from any position, any range of it, or handed to the kernel, which {@code transferTo} does without
     * the bytes passing through the heap. The channel is the caller's to close, and not verified.
     *
     * @throws Failure NotFound
     */
    public FileChannel open(Digest digest) {
        try {
            // Asked before opening: opening a FIFO would wait for its writer.
            if (find(digest).isPresent()) {
                return FileChannel.open(places.blob(digest), StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
            }
        } catch (NoSuchFileException e) {
            // Removed in between.
        } catch (IOException e) {
            throw Failure.from(e).during("blob " + digest);
        }
        throw Failure.notFound("blob " + digest + ": got none in " + places.blobs());
    }

    /**
     * The bytes of a small blob, verified again: what the descriptor embeds if that is it, else the file.
     *
     * @param limit the most bytes to read ({@code limits.manifestBytes})
     * @throws Failure Exceeded when the descriptor announces more than the limit, NotFound when it is not there, Mismatch
     *     when size or digest differ
     */
    public byte[] read(Descriptor descriptor, long limit) {
        if (descriptor.size() > Math.min(limit, Integer.MAX_VALUE - 8)) {
            throw Failure.exceeded("bytes of " + descriptor, descriptor.size(), limit, "limits.manifestBytes");
        }
        Digest digest = descriptor.digest();
        byte[] embedded = descriptor.embedded().orElse(null);
        if (embedded != null) {
            return embedded;
        }
        try (FileChannel file = open(digest)) {
            if (file.size() != descriptor.size()) {
                throw Failure.mismatch("size", file.size(), descriptor.size());
            }
            ByteBuffer bytes = ByteBuffer.allocate((int) descriptor.size());
            while (bytes.hasRemaining()) {
                if (file.read(bytes) < 0) {
                    throw Failure.mismatch("size", bytes.position(), descriptor.size());
                }
            }
            Digest got = hash(digest, bytes.array());
            if (!got.equals(digest)) {
                throw Failure.mismatch("digest", got, digest);
            }
            return bytes.array();
        } catch (IOException e) {
            throw Failure.from(e).during("blob " + digest);
        } catch (Failure failure) {
            throw failure.category() == Category.NOT_FOUND ? failure : failure.during("blob " + digest);
        }
    }

    private static Digest hash(Digest digest, byte[] bytes) {
        MessageDigest hash = digest.algorithm().hash();
        hash.update(bytes);
        return Digest.of(digest.algorithm(), hash);
    }

    /**
     * Begins to bring a blob in, or goes on where an earlier attempt, of this process or one before, was interrupted. What is
     * left of that and cannot be believed is thrown away. The ingest is the caller's to close.
     *
     * @param size of the blob, in bytes; an ingest of another size begins anew
     * @throws Failure Unavailable when there is no room for the rest of it
     */
    public Ingest ingest(Digest digest, long size) {
        boolean resumable = !isForeign(places.resumable(digest)) && busy.add(digest);
        boolean begun = false;
        try {
            Ingest ingest = begin(digest, size, resumable);
            begun = true;
            return ingest;
        } finally {
            if (resumable && !begun) {
                busy.remove(digest);
            }
        }
    }

    private static boolean isForeign(Path directory) {
        return Files.exists(directory, LinkOption.NOFOLLOW_LINKS)
                && !Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS);
    }

    private Ingest begin(Digest digest, long size, boolean resumable) {
        try {
            Staging.makeDirectories(places.ingest());
            Path directory =
                    resumable ? places.resumable(digest) : Files.createTempDirectory(places.ingest(), Places.PRIVATE);
            Progress progress = resumable
                    ? Progress.resume(directory, digest, size, states.get())
                    : Progress.none(directory, digest, states.get());
            Ingest ingest = new Ingest(this, digest, size, directory, resumable, progress);
            ingest.reserve();
            return ingest;
        } catch (IOException e) {
            throw Failure.from(e).during("blob " + digest);
        } catch (Failure failure) {
            throw failure.during("blob " + digest);
        }
    }

    /** Begins to bring a blob in of which nobody knows before its end what it is. The deposit is the caller's to close. */
    public Deposit deposit() {
        try {
            return Deposit.begin(this);
        } catch (IOException e) {
            throw Failure.from(e).during("writing a blob");
        }
    }

    /** As {@link #put(Map)}. */
    public Blob put(Digest digest, byte[] bytes) {
        put(Map.of(digest, bytes));
        return new Blob(digest, bytes.length, places.blob(digest));
    }

    /**
     * Commits these small blobs, of which the caller is not sure that they have their digests; all at once, which costs
     * little more than one. Already there is success.
     *
     * @throws Failure Mismatch, before anything is written
     */
    public void put(Map<Digest, byte[]> blobs) {
        blobs.forEach(ContentStore::check);
        try (Staged staged = staging.begin("blobs")) {
            Map<Path, Path> homes = new LinkedHashMap<>();
            for (Map.Entry<Digest, byte[]> each : blobs.entrySet()) {
                Path home = places.blob(each.getKey());
                Path file = home;
                // What is there already may have been named a moment ago, and is made sure of.
                if (find(each.getKey()).isEmpty()) {
                    file = staged.directory().resolve(each.getKey().hex());
                    Files.write(file, each.getValue(), StandardOpenOption.CREATE_NEW);
                }
                homes.put(file, home);
            }
            Failpoint.reach("ingest.verified");
            staging.publish(homes);
            Failpoint.reach("ingest.published");
            for (Map.Entry<Digest, byte[]> each : blobs.entrySet()) {
                there(each.getKey(), each.getValue().length);
            }
        } catch (IOException e) {
            throw Failure.from(e).during("blobs " + blobs.keySet());
        }
    }

    private static void check(Digest digest, byte[] bytes) {
        Digest got = hash(digest, bytes);
        if (!got.equals(digest)) {
            throw Failure.mismatch("digest of " + bytes.length + " bytes", got, digest)
                    .during("blob " + digest);
        }
    }

    /**
     * Makes a file that is on the disk already, and is known to have this digest, a blob too, without copying it. The file is
     * one that never changes. Already there is success.
     *
     * @throws Failure NotFound when it is not there, Invalid when it is not a regular file
     */
    public Blob link(Digest digest, Path file) {
        try {
            BasicFileAttributes found =
                    Files.readAttributes(file, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
            if (!found.isRegularFile()) {
                throw Failure.invalid(file + ": got something else, wanted a regular file");
            }
            return publish(digest, found.size(), home -> staging.link(file, home));
        } catch (NoSuchFileException e) {
            throw Failure.notFound("blob " + digest + ": got no file " + e.getFile());
        } catch (IOException e) {
            throw Failure.from(e).during("blob " + digest);
        } catch (Failure failure) {
            throw failure.during("blob " + digest);
        }
    }

    /** Gives a blob its name by this step, which leaves alone what is there already; so that is looked at. */
    Blob publish(Digest digest, long size, Naming step) throws IOException {
        step.at(places.blob(digest));
        return there(digest, size);
    }

    private Blob there(Digest digest, long size) {
        Blob blob = find(digest)
                .orElseThrow(() -> Failure.of(Category.CONFLICT, places.blob(digest) + ": got something else there"));
        if (blob.size() != size) {
            throw Failure.mismatch("size of the file that is there already", blob.size(), size);
        }
        return blob;
    }

    /** How something gets its name. */
    @FunctionalInterface
    interface Naming {
        void at(Path home) throws IOException;
    }

    /**
     * Sets this much of the disk aside until it is closed; it is the caller's to close. Where the filesystem cannot do that,
     * there was so much of it a moment ago, and that is all that is known.
     *
     * @throws Failure Unavailable, naming what is missing
     */
    public Reservation reserve(long bytes) {
        try {
            return Reservation.begin(places.ingest(), bytes);
        } catch (IOException e) {
            throw Failure.from(e).during("reservation");
        }
    }

    /** Where the blob is, or would be: what has to be taken away to remove it. */
    public Path home(Digest digest) {
        return places.blob(digest);
    }

    /**
     * Every file there is in {@code blobs/}, at any depth, in no order: its path and the digest that its place says; null for
     * what is no regular file or in no place of a blob. What comes or goes meanwhile may be among them.
     */
    public void list(BiConsumer<Path, @Nullable Digest> each) {
        try {
            Files.walkFileTree(places.blobs(), new Listing(places, each));
        } catch (IOException e) {
            throw Failure.from(e).during("listing blobs");
        }
    }

    /**
     * Removes what is in {@code ingest/} and can never be finished, and what was interrupted longer than {@code maxAge} ago.
     * What Varve does not make there stays. Only for the one writer of the store, before it writes.
     *
     * @return the bytes freed
     */
    public long sweep(Duration maxAge) {
        try {
            return new Leftovers(this, maxAge).remove();
        } catch (IOException e) {
            throw Failure.from(e).during("sweeping " + places.ingest());
        }
    }

    Staging staging() {
        return staging;
    }

    Places places() {
        return places;
    }

    Executor behind() {
        return behind;
    }

    long checkpointBytes() {
        return checkpointBytes;
    }

    /** Somebody else may go on with this blob. */
    void ended(Digest digest) {
        busy.remove(digest);
    }
}
