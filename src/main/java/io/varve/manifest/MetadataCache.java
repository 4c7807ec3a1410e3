package io.varve.manifest;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.stats.CacheStats;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.varve.oci.ImageConfig;
import io.varve.oci.MediaType;
import java.security.MessageDigest;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Manifests, image indexes and configurations that were read lately, parsed, by digest. It saves reading and parsing and
 * nothing else: what a fresh reading of the same descriptor would refuse because of its size, its media type or a limit is
 * refused with a full cache too. But content is content: who knows a digest is answered without asking the source whether
 * it still has it, so what was deleted has to be {@linkplain #invalidate forgotten}.
 *
 * <p>Bounded by what its entries take in memory, as {@linkplain Weight estimated}. Whoever asks for what somebody is
 * reading at that moment waits for it; failures are not kept, and each asks for itself after one. Safe for any thread;
 * blocks when it has to read.
 */
public final class MetadataCache {
    /** What it may take unless {@code metadataCacheBytes} says else: some thousand images. */
    public static final long DEFAULT_BYTES = 64L << 20;

    private final long bytes;

    /** Null until the first question, which many commands do not have. A reading under way is a future not complete yet. */
    private volatile @Nullable AsyncCache<Digest, Entry> entries;

    /**
     * What bytes of this digest were parsed to.
     *
     * @param announced the media type they were parsed as; null when they are a configuration
     */
    private record Entry(Object parsed, @Nullable MediaType announced, long size, int weight) {
        /** The parsed form, if it was made as it would be now; else null. */
        <T> @Nullable T as(Kind<T> kind, Descriptor descriptor) {
            boolean same = size == descriptor.size()
                    && (announced == null ? kind.announced == null : announced.equals(kind.announced));
            return same && kind.type.isInstance(parsed) ? kind.type.cast(parsed) : null;
        }
    }

    private record Kind<T>(Class<T> type, @Nullable MediaType announced, Function<byte[], T> parse) {}

    /**
     * What the cache did so far.
     *
     * @param hits questions that somebody else's reading answered or was about to
     * @param evictions entries that had to make room
     * @param bytes the estimate of what it holds now
     */
    public record Statistics(long hits, long misses, long evictions, long bytes) {}

    /** @param bytes the most that it holds ({@code metadataCacheBytes}); 0 for nothing at all */
    public MetadataCache(long bytes) {
        this.bytes = bytes;
    }

    private AsyncCache<Digest, Entry> entries() {
        AsyncCache<Digest, Entry> made = entries;
        return made != null ? made : make();
    }

    private synchronized AsyncCache<Digest, Entry> make() {
        AsyncCache<Digest, Entry> made = entries;
        if (made == null) {
            made = Caffeine.newBuilder()
                    .maximumWeight(bytes)
                    .weigher((Digest digest, Entry entry) -> entry.weight())
                    .recordStats()
                    // What there is to do after a change is little, and wants no thread of its own.
                    .executor(Runnable::run)
                    .buildAsync();
            entries = made;
        }
        return made;
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
                new Kind<>(Document.class, announced, bytes -> Document.parse(bytes, limit, announced)));
    }

    /** The configuration that the descriptor points at; otherwise as {@link #document}. */
    public ImageConfig config(Descriptor descriptor, Documents source, long limit) {
        return get(
                descriptor,
                source,
                limit,
                new Kind<>(ImageConfig.class, null, bytes -> ImageConfig.parse(bytes, limit)));
    }

    /** Forgets what has this digest, and what is being read of it just now. */
    public void invalidate(Digest digest) {
        AsyncCache<Digest, Entry> made = entries;
        if (made != null) {
            made.synchronous().invalidate(digest);
        }
    }

    public Statistics statistics() {
        AsyncCache<Digest, Entry> made = entries;
        if (made == null) {
            return new Statistics(0, 0, 0, 0);
        }
        Cache<Digest, Entry> cache = made.synchronous();
        CacheStats stats = cache.stats();
        long held = cache.policy().eviction().orElseThrow().weightedSize().orElse(0);
        return new Statistics(stats.hitCount(), stats.missCount(), stats.evictionCount(), held);
    }

    @SuppressWarnings("ReferenceEquality") // Which of the futures is in the cache is what is asked.
    private <T> T get(Descriptor descriptor, Documents source, long limit, Kind<T> kind) {
        if (bytes == 0 || descriptor.size() > limit) {
            return kind.parse.apply(source.read(descriptor, limit));
        }
        Digest digest = descriptor.digest();
        while (true) {
            CompletableFuture<Entry> mine = new CompletableFuture<>();
            CompletableFuture<Entry> found = entries().get(digest, (key, executor) -> mine);
            if (found == mine) {
                return load(mine, descriptor, source, limit, kind);
            }
            Entry entry = await(found);
            if (entry != null) {
                T parsed = entry.as(kind, descriptor);
                return parsed != null ? parsed : kind.parse.apply(source.read(descriptor, limit));
            }
            // Whoever read it failed, perhaps for reasons that are not ours.
        }
    }

    private static <T> T load(
            CompletableFuture<Entry> mine, Descriptor descriptor, Documents source, long limit, Kind<T> kind) {
        Entry entry = null;
        try {
            byte[] bytes = source.read(descriptor, limit);
            verify(descriptor, bytes);
            T parsed = kind.parse.apply(bytes);
            entry = new Entry(parsed, kind.announced, bytes.length, Weight.of(bytes));
            return parsed;
        } finally {
            // Null for a failure, which the cache then does not keep.
            complete(mine, entry);
        }
    }

    @SuppressWarnings("NullAway") // A future of nothing is what tells the cache that there is nothing to keep.
    private static void complete(CompletableFuture<Entry> mine, @Nullable Entry entry) {
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

    private static @Nullable Entry await(CompletableFuture<Entry> other) {
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
