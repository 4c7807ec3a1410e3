package io.varve.distribution;

import io.varve.content.Deposit;
import io.varve.http.Incoming;
import io.varve.http.Reader;
import io.varve.oci.Reference;
import io.varve.store.Session;
import io.vertx.core.Future;
import java.security.SecureRandom;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The uploads that have begun and not ended, whoever began them. They outlive connections, but not this process: nothing of them is left
 * after it. Each has its own place in the store's session. Belongs to one event loop.
 */
final class Uploads {
    private static final int ID_BYTES = 16;

    private final Publication publication;
    private final Incoming incoming;
    private final UploadLimits limits;
    private final SecureRandom random = new SecureRandom();
    private final Map<String, OpenUpload> open = new HashMap<>();
    private final AtomicLong bytes = new AtomicLong();
    // Those that have a place among the others, and nothing else yet.
    private int beginning;
    // Those that have no place any more, until nothing is left of them.
    private final Set<Future<Void>> endings = new HashSet<>();
    private boolean closed;

    Uploads(Publication publication, Incoming incoming, UploadLimits limits) {
        this.publication = publication;
        this.incoming = incoming;
        this.limits = limits;
    }

    Future<OpenUpload> begin(Reference repository) {
        if (closed) {
            return Future.failedFuture(Refusal.ending());
        }
        if (open.size() + beginning >= limits.open() && !makeRoom()) {
            return Future.failedFuture(Refusal.manyUploads("uploads that have not ended", "limits.openUploads"));
        }
        beginning++;
        return incoming.work(() -> make(repository))
                .andThen(made -> beginning--)
                .compose(made -> {
                    open.put(made.id(), made);
                    return closed
                            ? end(made).compose(ended -> Future.failedFuture(Refusal.ending()))
                            : Future.succeededFuture(made);
                });
    }

    private OpenUpload make(Reference repository) {
        Session session = publication.join();
        boolean made = false;
        try {
            Deposit deposit = publication.deposit();
            made = true;
            return new OpenUpload(id(), repository, session, deposit, limits, bytes);
        } finally {
            if (!made) {
                publication.leave();
            }
        }
    }

    /** Nobody can guess it. */
    private String id() {
        byte[] id = new byte[ID_BYTES];
        random.nextBytes(id);
        return HexFormat.of().formatHex(id);
    }

    /** Whether the one that was left alone longest makes room. */
    private boolean makeRoom() {
        long now = System.nanoTime();
        Optional<OpenUpload> idlest = open.values().stream().max(Comparator.comparingLong(each -> each.idle(now)));
        if (idlest.isEmpty() || idlest.get().idle(now) < limits.settle().toNanos()) {
            return false;
        }
        Future<Void> _ = end(idlest.get());
        return true;
    }

    OpenUpload find(Reference repository, String id) {
        OpenUpload found = open.get(id);
        if (found == null || !found.repository().equals(repository)) {
            throw Refusal.uploadUnknown(id);
        }
        return found;
    }

    /** Takes the body of a request to the end of what came before. */
    Future<Void> receive(OpenUpload upload, Reader reader, Future<?> until) {
        return incoming.receive(reader, upload::accept, until)
                .recover(thrown -> upload.isBroken()
                        ? give(upload).transform(ended -> Future.failedFuture(thrown))
                        : Future.failedFuture(thrown));
    }

    /** Nothing is left of it when this completes; whoever is at it is asked to stop. */
    Future<Void> end(OpenUpload upload) {
        // It has no place among the others from now on.
        open.remove(upload.id());
        return ending(upload.inTurn(until -> give(upload)));
    }

    private Future<Void> ending(Future<Void> ending) {
        endings.add(ending);
        return ending.onComplete(done -> endings.remove(ending));
    }

    /** The same for whoever is at it. */
    Future<Void> give(OpenUpload upload) {
        open.remove(upload.id());
        upload.end();
        return ending(incoming.work(() -> {
                    try {
                        upload.close();
                    } finally {
                        publication.leave();
                    }
                    return true;
                })
                .mapEmpty());
    }

    /** Ends those that nobody goes on with. */
    void expire() {
        long now = System.nanoTime();
        List.copyOf(open.values()).stream()
                .filter(each -> each.idle(now) > limits.keep().toNanos())
                .forEach(each -> {
                    Future<Void> _ = end(each);
                });
    }

    /** Ends all of them; nothing is left of any when this completes. */
    Future<?> close() {
        closed = true;
        List.copyOf(open.values()).forEach(each -> {
            Future<Void> _ = end(each);
        });
        return Future.join(List.copyOf(endings)).transform(ended -> Future.succeededFuture());
    }
}
