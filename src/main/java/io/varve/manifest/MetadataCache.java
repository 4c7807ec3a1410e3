package io.varve.manifest;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.layerfs.Stack;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.varve.oci.ImageConfig;
import io.varve.oci.MediaType;
import java.security.MessageDigest;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What was lately known of images: manifests, image indexes and configurations, parsed, by digest; and what stacks of layers
 * show, with the place of every file's bytes in the layers' tars, by the stack. It saves reading, parsing and merging and
 * nothing else: what a fresh reading of the same descriptor would refuse because of its size, its media type or a limit is
 * refused with a full cache too. But content is content: who knows a digest is answered without asking the source whether
 * it still has it, so what was deleted has to be {@linkplain #invalidate forgotten}.
 *
 * <p>Bounded by what all of it takes in memory together, as {@linkplain Weight estimated}; what makes room is what is asked for
 * least of late and over time (W-TinyLFU), so that asking once for everything drives out little. Whoever asks for what somebody is
 * reading at that moment waits for it; failures are not kept, and each asks for itself after one. Safe for any thread;
 * blocks when it has to read.
 */
public final class MetadataCache {
    /** What it may take unless {@code metadataCacheBytes} says else: some thousand images, and the trees of some dozen large ones. */
    public static final long DEFAULT_BYTES = 128L << 20;

    private final long bytes;
    private final Map<Kind, Count> counts = new EnumMap<>(Kind.class);

    /** Null until the first question, which many commands do not have. A reading under way is a future not complete yet. */
    private volatile @Nullable AsyncCache<CacheKey, CacheEntry> entries;

    /** What is kept. */
    public enum Kind {
        /** Manifests and image indexes. */
        DOCUMENT,
        CONFIG,
        /** What stacks show. */
        TREE
    }

    private record Count(LongAdder hits, LongAdder misses, LongAdder evictions) {
        Count() {
            this(new LongAdder(), new LongAdder(), new LongAdder());
        }
    }

    /**
     * What the cache did so far.
     *
     * @param hits questions that somebody else's reading answered or was about to
     * @param evictions entries that had to make room
     */
    public record Statistics(long hits, long misses, long evictions) {}

    /** @param bytes the most that it holds ({@code metadataCacheBytes}); 0 for nothing at all */
    public MetadataCache(long bytes) {
        this.bytes = bytes;
        for (Kind kind : Kind.values()) {
            counts.put(kind, new Count());
        }
    }

    private AsyncCache<CacheKey, CacheEntry> entries() {
        AsyncCache<CacheKey, CacheEntry> made = entries;
        return made != null ? made : make();
    }

    private synchronized AsyncCache<CacheKey, CacheEntry> make() {
        AsyncCache<CacheKey, CacheEntry> made = entries;
        if (made == null) {
            made = Caffeine.newBuilder()
                    .maximumWeight(bytes)
                    .weigher((CacheKey key, CacheEntry entry) -> entry.weight())
                    .evictionListener(
                            (@Nullable CacheKey key, @Nullable CacheEntry entry, RemovalCause cause) -> evicted(entry))
                    // What there is to do after a change is little, and wants no thread of its own.
                    .executor(Runnable::run)
                    .buildAsync();
            entries = made;
        }
        return made;
    }

    private void evicted(@Nullable CacheEntry entry) {
        if (entry != null) {
            count(entry.kind()).evictions.increment();
        }
    }

    @SuppressWarnings("NullAway") // There is one of every kind.
    private Count count(Kind kind) {
        return counts.get(kind);
    }

    /** One that keeps nothing. */
    public static MetadataCache off() {
        return new MetadataCache(0);
    }

    /**
     * The manifest or image index that the descriptor points at.
     *
     * @param limit the most bytes it may have
     * @throws Failure what the source or the parser throws, as if nothing had been kept
     */
    public Document document(Descriptor descriptor, Documents source, long limit) {
        MediaType announced = descriptor.mediaType();
        return get(
                descriptor,
                source,
                limit,
                new CacheEntry.Form<>(Document.class, announced, bytes -> Document.parse(bytes, limit, announced)));
    }

    /** The configuration that the descriptor points at; otherwise as {@link #document}. */
    public ImageConfig config(Descriptor descriptor, Documents source, long limit) {
        return get(
                descriptor,
                source,
                limit,
                new CacheEntry.Form<>(ImageConfig.class, null, bytes -> ImageConfig.parse(bytes, limit)));
    }

    /**
     * What the layers of an image show.
     *
     * @param reading makes it of exactly those layers; what it throws is thrown
     */
    public Stack stack(ImagePlan plan, Supplier<Stack> reading) {
        if (bytes == 0) {
            return reading.get();
        }
        return switch (get(CacheKey.Shown.of(plan), Kind.TREE, () -> new CacheEntry.Shown(reading.get()))) {
            case CacheEntry.Shown shown -> shown.stack();
            case CacheEntry.Parsed parsed -> throw new IllegalStateException("no stack is " + parsed.announced());
        };
    }

    /** The same if it is kept already. Does not block. */
    public Optional<Stack> stack(ImagePlan plan) {
        AsyncCache<CacheKey, CacheEntry> made = entries;
        CompletableFuture<CacheEntry> found = made == null ? null : made.getIfPresent(CacheKey.Shown.of(plan));
        if (found == null || !(now(found) instanceof CacheEntry.Shown shown)) {
            // Whoever goes on to make it counts as a miss then.
            return Optional.empty();
        }
        count(Kind.TREE).hits.increment();
        return Optional.of(shown.stack());
    }

    @SuppressWarnings("NullAway") // Of no entry is what a future has that is not complete.
    private static @Nullable CacheEntry now(CompletableFuture<CacheEntry> found) {
        return found.getNow(null);
    }

    /** Forgets what has this digest, and what is being read of it just now. */
    public void invalidate(Digest digest) {
        AsyncCache<CacheKey, CacheEntry> made = entries;
        if (made != null) {
            made.synchronous().invalidate(new CacheKey.Content(digest));
        }
    }

    /**
     * Forgets what stacks show, and what is being made of them just now.
     *
     * @param stacksOrLayers chainIds of stacks, and diffIds of layers, for every stack that has one of them
     */
    public void invalidateStacks(Collection<Digest> stacksOrLayers) {
        AsyncCache<CacheKey, CacheEntry> made = entries;
        if (made != null && !stacksOrLayers.isEmpty()) {
            Set<Digest> gone = new HashSet<>(stacksOrLayers);
            made.asMap().keySet().removeIf(key -> key instanceof CacheKey.Shown shown && shown.isOf(gone));
        }
    }

    public Statistics statistics(Kind kind) {
        Count count = count(kind);
        return new Statistics(count.hits.sum(), count.misses.sum(), count.evictions.sum());
    }

    /** The estimate of what it holds now. Looks at every entry. */
    public long bytes(Kind kind) {
        AsyncCache<CacheKey, CacheEntry> made = entries;
        return made == null
                ? 0
                : made.synchronous().asMap().values().stream()
                        .filter(entry -> entry.kind() == kind)
                        .mapToLong(CacheEntry::weight)
                        .sum();
    }

    private <T> T get(Descriptor descriptor, Documents source, long limit, CacheEntry.Form<T> form) {
        if (bytes == 0 || descriptor.size() > limit) {
            return form.parse().apply(source.read(descriptor, limit));
        }
        CacheKey key = new CacheKey.Content(descriptor.digest());
        CacheEntry entry = get(key, form.kind(), () -> parsed(descriptor, source, limit, form));
        T parsed = entry instanceof CacheEntry.Parsed known ? known.as(form, descriptor) : null;
        return parsed != null ? parsed : form.parse().apply(source.read(descriptor, limit));
    }

    private static <T> CacheEntry parsed(Descriptor descriptor, Documents source, long limit, CacheEntry.Form<T> form) {
        byte[] bytes = source.read(descriptor, limit);
        verify(descriptor, bytes);
        T parsed = form.parse().apply(bytes);
        return new CacheEntry.Parsed(parsed, form.announced(), bytes.length, Weight.of(bytes));
    }

    @SuppressWarnings("ReferenceEquality") // Which of the futures is in the cache is what is asked.
    private CacheEntry get(CacheKey key, Kind kind, Supplier<CacheEntry> reading) {
        AsyncCache<CacheKey, CacheEntry> cache = entries();
        while (true) {
            CompletableFuture<CacheEntry> found = cache.getIfPresent(key);
            if (found == null) {
                CompletableFuture<CacheEntry> mine = new CompletableFuture<>();
                found = cache.get(key, (absent, executor) -> mine);
                if (found == mine) {
                    count(kind).misses.increment();
                    return load(mine, reading);
                }
            }
            CacheEntry entry = await(found);
            if (entry != null) {
                count(kind).hits.increment();
                return entry;
            }
            // Whoever read it failed, perhaps for reasons that are not ours.
        }
    }

    private static CacheEntry load(CompletableFuture<CacheEntry> mine, Supplier<CacheEntry> reading) {
        CacheEntry entry = null;
        try {
            entry = reading.get();
            return entry;
        } finally {
            // Null for a failure, which the cache then does not keep.
            complete(mine, entry);
        }
    }

    @SuppressWarnings("NullAway") // A future of nothing is what tells the cache that there is nothing to keep.
    private static void complete(CompletableFuture<CacheEntry> mine, @Nullable CacheEntry entry) {
        mine.complete(entry);
    }

    /** Sources verify what they give; but one that did not would answer for all others from here on. */
    private static void verify(Descriptor descriptor, byte[] bytes) {
        if (bytes.length != descriptor.size()) {
            throw Failure.mismatch("size", bytes.length, descriptor.size());
        }
        Digest wanted = descriptor.digest();
        MessageDigest hash = wanted.algorithm().hash();
        hash.update(bytes);
        Digest got = Digest.of(wanted.algorithm(), hash);
        if (!got.equals(wanted)) {
            throw Failure.mismatch("digest", got, wanted);
        }
    }

    private static @Nullable CacheEntry await(CompletableFuture<CacheEntry> other) {
        try {
            return other.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw Failure.of(Category.CANCELLED, "interrupted", e);
        } catch (ExecutionException e) {
            throw new IllegalStateException("no reading ends like this", e);
        }
    }
}
