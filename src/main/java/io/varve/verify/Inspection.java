package io.varve.verify;

import io.varve.catalogue.Node;
import io.varve.content.Blob;
import io.varve.content.DigestDirectory;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Digest;
import io.varve.store.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Looks at everything in a store once: first at what stands for itself, blobs and layers, the largest first; then at the
 * indexes, which are made of layers; then at what the catalogue says beyond that. Holds the name of every file that it is
 * going to look at, and of their bytes what each worker has in its hands.
 */
final class Inspection {
    private final Scene scene;
    private final int workers;
    private final VerifyListener listener;
    private final List<Check> content = new ArrayList<>();
    private final List<Check> indexes = new ArrayList<>();

    Inspection(Scene scene, int workers, VerifyListener listener) {
        this.scene = scene;
        this.workers = workers;
        this.listener = listener;
    }

    /** @return how many things were looked at */
    long run() {
        try {
            plan();
        } catch (IOException e) {
            throw Failure.from(e).during("listing " + scene.store().directory());
        }
        long planned = 0;
        for (List<Check> each : List.of(content, indexes)) {
            for (Check check : each) {
                planned += check.bytes();
            }
        }
        listener.planned(planned);
        all(content);
        all(indexes);
        long things = (long) content.size() + indexes.size();
        Records records = scene.records();
        if (records != null) {
            records.checkPresence();
            things += records.checkNames();
        }
        scene.ledger().settle();
        return things;
    }

    private void plan() throws IOException {
        Store store = scene.store();
        new DigestDirectory(store.directory().resolve("blobs")).list((file, digest) -> {
            if (digest == null) {
                scene.foreign(file);
            } else if (!isTar(digest)) {
                content.add(new BlobCheck(scene, new Blob(digest, size(file), file)));
            }
        });
        store.layers().list((home, diffId) -> {
            if (diffId == null) {
                scene.foreign(home);
            } else {
                long bytes = size(home.resolve(LayerCheck.TAR));
                content.add(new LayerCheck(scene, diffId, home, bytes, isTar(diffId)));
            }
        });
        store.indexes().list((home, chainId) -> {
            if (chainId == null) {
                scene.foreign(home);
            } else {
                indexes.add(new IndexCheck(scene, chainId, home, size(home.resolve(IndexCheck.INDEX))));
            }
        });
    }

    /** Whether a blob and a layer's tar are one file. */
    private boolean isTar(Digest digest) {
        Place blob = Place.of(scene.store().content().home(digest));
        Path home = scene.store().layers().home(digest);
        if (blob == null || !blob.was().isRegularFile() || !Files.isDirectory(home, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        Place tar = Place.of(home.resolve(LayerCheck.TAR));
        return tar != null && Objects.equals(tar.was().fileKey(), blob.was().fileKey());
    }

    /** 0 for what is none, or none any more. */
    private static long size(Path file) {
        try {
            return Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) ? Files.size(file) : 0;
        } catch (NoSuchFileException e) {
            return 0;
        } catch (IOException e) {
            throw Failure.from(e);
        }
    }

    private void all(List<Check> checks) {
        if (checks.isEmpty()) {
            return;
        }
        checks.sort(Comparator.comparingLong(Check::bytes).reversed());
        AtomicInteger next = new AtomicInteger();
        int threads = Math.min(workers, checks.size());
        try (ExecutorService pool = Executors.newFixedThreadPool(
                threads, Thread.ofPlatform().name("verify-", 0).factory())) {
            CompletionService<Boolean> running = new ExecutorCompletionService<>(pool);
            for (int i = 0; i < threads; i++) {
                running.submit(() -> {
                    for (int n = next.getAndIncrement(); n < checks.size(); n = next.getAndIncrement()) {
                        look(checks.get(n));
                    }
                    return true;
                });
            }
            await(running, threads, pool);
        }
    }

    private static void await(CompletionService<Boolean> running, int threads, ExecutorService pool) {
        try {
            for (int i = 0; i < threads; i++) {
                running.take().get();
            }
        } catch (ExecutionException e) {
            pool.shutdownNow();
            throw Failure.from(e.getCause() == null ? e : e.getCause());
        } catch (InterruptedException e) {
            pool.shutdownNow();
            Thread.currentThread().interrupt();
            throw Failure.from(e);
        }
    }

    /** What one check cannot look at stops no other one. */
    private void look(Check check) {
        if (Thread.currentThread().isInterrupted()) {
            throw Failure.of(Category.CANCELLED, "interrupted");
        }
        Node node = check.node();
        Place place = Place.of(scene.home(node));
        if (place == null) {
            // Whether it should be there the catalogue tells at the end.
            return;
        }
        try {
            check.look(place);
        } catch (IOException | Failure e) {
            Failure failure = Failure.from(e);
            if (failure.category() == Category.CANCELLED) {
                throw failure;
            }
            if (place.isStillThere()) {
                scene.ledger().certain(Finding.of(kind(failure), node, failure.getMessage()));
            }
        }
    }

    /** A disk that has lost a sector says so when it is read. */
    private static Finding.Kind kind(Failure failure) {
        return failure.category() == Category.UNAVAILABLE && failure.wrong().contains("Input/output error")
                ? Finding.Kind.DAMAGED
                : Finding.Kind.UNCHECKED;
    }
}
