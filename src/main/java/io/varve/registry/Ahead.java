package io.varve.registry;

import io.varve.bus.Budget;
import io.varve.bus.Slabs;
import io.varve.failure.Failure;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What of a blob is asked for before it is its turn, over further connections, while one alone is what its sink waits for. The
 * blob itself is asked for as if there were none of them: what they have brought by then is only not asked for again, so
 * that none of them can make it fail. A segment is begun when memory for all of it, a connection, and the {@link Breadth}
 * of the host are to be had without waiting.
 *
 * <p>Owned by the context that asks for the blob.
 */
final class Ahead implements AutoCloseable {
    private static final long TICK_MS = 100;

    /** So long after a failure nothing more is asked for. */
    private static final long PAUSE_NANOS = 200_000_000;

    /** And so long when there was no connection to spare: one that has brought its last byte is free a little later. */
    private static final long MOMENT_NANOS = 20_000_000;

    private final Vertx vertx;
    private final Time time;
    private final Delivery delivery;
    private final Segments segments;
    private final Stragglers stragglers;
    private final SegmentCounts counts;
    private final int most;
    private final long segmentBytes;

    // Whom the blob is asked of at present.
    private @Nullable Side side;
    private @Nullable Breadth breadth;

    // Of the blob's own request; null while it has none.
    private @Nullable Speed own;
    private long ownPosition;

    // Whose turn it is; null for none.
    private @Nullable Segment following;
    private @Nullable String validator;
    private @Nullable Origin validated;

    // Those of which bytes are still to come, with where they count.
    private final Map<Segment, Breadth> underWay = new LinkedHashMap<>();
    private long paused;
    private @Nullable Ticker ticker;
    private boolean closed;

    /** How a part of the blob is asked for, with a connection that nobody waits for. */
    @FunctionalInterface
    interface Side {
        /** @param gone whether nobody waits for the answer any more */
        Future<Response> ask(long first, long end, BooleanSupplier gone);
    }

    Ahead(Vertx vertx, Time time, NetworkOptions network, SegmentCounts counts, Delivery delivery) {
        this.vertx = vertx;
        this.time = time;
        this.counts = counts;
        this.delivery = delivery;
        most = network.blobConnections();
        segmentBytes = network.segmentBytes();
        segments = new Segments(delivery.size());
        stragglers = new Stragglers(delivery.size());
        paused = time.nanos();
    }

    Delivery delivery() {
        return delivery;
    }

    /** From now on the blob is asked of somebody; what others have brought of it stays. */
    void from(Side asked, Breadth known) {
        side = asked;
        if (breadth == null) {
            delivery.hunger().assume(known.limit() > 1);
        }
        breadth = known;
    }

    /** Whether the next bytes are there, or on their way. */
    boolean isDue() {
        return segments.at(delivery.position()) != null;
    }

    /** Hands over what is due; completes when all of it that ever comes was. */
    Future<Void> follow() {
        Segment due = Objects.requireNonNull(segments.at(delivery.position()));
        following = due;
        fill();
        return delivery.follow(due).onSuccess(all -> {
            following = null;
            segments.remove(due);
            due.close();
        });
    }

    /**
     * The blob's own next request begins.
     *
     * @param ranged whether it can be for a part
     */
    void begin(boolean ranged) {
        long position = delivery.position();
        long next = segments.next(position);
        boolean wide = ranged && breadth != null && breadth.limit() > 1 && isWorthIt(position) && canSpare();
        delivery.bound(wide ? Math.min(next, position + portion(position)) : next);
        own = new Speed(time.nanos());
        ownPosition = position;
        if (breadth != null) {
            breadth.begin();
        }
        if (ticker == null && isWorthIt(position)) {
            ticker = new Ticker(vertx, TICK_MS, this::tick);
        }
    }

    private boolean isWorthIt(long position) {
        return most > 1 && delivery.size() - position >= 2 * Math.min(Segments.LEAST, segmentBytes);
    }

    private boolean canSpare() {
        Optional<Budget.Reservation> spared = delivery.spare(Slabs.SIZE);
        spared.ifPresent(Budget.Reservation::close);
        return spared.isPresent();
    }

    private long portion(long from) {
        Breadth host = breadth;
        double rate = host == null ? 0 : host.perConnection();
        int wide = host == null ? 1 : Math.min(most, host.limit());
        return Segments.portion(delivery.size() - from, wide, rate, segmentBytes);
    }

    /** The blob's own request is answered, by what will be taken. */
    void began(Response response) {
        String tag = response.headers().get(HttpHeaders.ETAG);
        if (validated != null && response.origin().equals(validated) && !isSame(tag)) {
            // What the others have brought is perhaps of something else.
            forget();
        }
        remember(response);
    }

    private void remember(Response response) {
        validator = response.headers().get(HttpHeaders.ETAG);
        validated = response.origin();
    }

    /** The blob's own request has ended. */
    void ended(@Nullable Setback setback) {
        own = null;
        if (breadth != null) {
            breadth.end();
            if (setback != null && setback.retryable() && breadth.limit() > 1) {
                breadth.trouble();
            }
        }
    }

    /** Whoever is asked gives everything, or something else, when asked for a part. */
    void rangeless() {
        if (breadth != null) {
            breadth.rangeless();
        }
        side = null;
        forget();
        delivery.bound(delivery.size());
    }

    /** Only strong ones tell. */
    private boolean isSame(@Nullable String tag) {
        String known = validator;
        return tag == null || known == null || tag.startsWith("W/") || known.startsWith("W/") || tag.equals(known);
    }

    private void forget() {
        underWay.values().forEach(Breadth::end);
        underWay.clear();
        segments.close();
    }

    private void tick() {
        long now = time.nanos();
        long arrived = 0;
        Speed mine = own;
        if (mine != null) {
            mine.came(delivery.position() - ownPosition);
            ownPosition = delivery.position();
            arrived += mine.look(now);
        }
        for (Segment each : segments.list()) {
            arrived += each.speed().look(now);
        }
        delivery.hunger().look(now);
        if (breadth != null) {
            breadth.came(arrived, delivery.hunger().isStarving());
        }
        abandonStraggler(now);
        fill();
    }

    /** Only what holds up all others is worth asking for anew. */
    private void abandonStraggler(long now) {
        Speed mine = own;
        Segment due = following;
        if (!delivery.hunger().isStarving() || segments.isEmpty()) {
            return;
        }
        if (mine != null) {
            if (delivery.isTaking()
                    && stragglers.gaveUp(delivery.bound() - delivery.position(), mine.rate(), mine.age(now))) {
                counts.abandonedOne();
                delivery.leave();
            }
        } else if (due != null && !due.isEnded()) {
            if (stragglers.gaveUp(due.left(), due.speed().rate(), due.speed().age(now))) {
                counts.abandonedOne();
                due.abandon();
            }
        }
    }

    /** Asks for as much of what comes later as may be asked for just now. */
    void fill() {
        while (!closed && begin()) {
            // One after the other.
        }
    }

    private boolean begin() {
        Side asked = side;
        Breadth host = breadth;
        long now = time.nanos();
        if (asked == null
                || host == null
                || now - paused < 0
                || underWay.size() + (own == null ? 0 : 1) >= most
                || (own == null && following == null)
                || !delivery.hunger().isStarving()) {
            return false;
        }
        Segments.Gap gap = gap();
        if (gap == null || !host.widen()) {
            return false;
        }
        Optional<Budget.Reservation> memory = delivery.spare(inSlabs(gap.end() - gap.first()));
        if (memory.isEmpty()) {
            host.end();
            return false;
        }
        if (own != null) {
            delivery.bound(Math.min(delivery.bound(), gap.first()));
        }
        begin(gap, memory.get(), asked, host, now);
        return true;
    }

    /** What comes next, as far as the blob's own request does not bring it; that gives up all but a portion of what it was to bring. */
    private Segments.@Nullable Gap gap() {
        long position = delivery.position();
        long from = position;
        if (own != null) {
            long portion = portion(position);
            from = delivery.bound() - position > 2 * portion ? position + portion : delivery.bound();
        }
        if (delivery.size() - from < Math.min(Segments.LEAST, segmentBytes)) {
            return null;
        }
        return segments.gap(from, portion(from));
    }

    private static long inSlabs(long bytes) {
        return (bytes + Slabs.SIZE - 1) / Slabs.SIZE * Slabs.SIZE;
    }

    private void begin(Segments.Gap gap, Budget.Reservation memory, Side asked, Breadth host, long now) {
        // A segment tells of its end, and is not there yet when it is made.
        Segment[] made = new Segment[1];
        Segment segment = new Segment(gap.first(), gap.end(), memory, () -> ended(made[0], host), now);
        made[0] = segment;
        segments.add(segment);
        underWay.put(segment, host);
        asked.ask(gap.first(), gap.end(), segment::isEnded).onComplete(answer -> {
            if (answer.failed()) {
                segment.cut(Setback.from(answer.cause()));
            } else if (segment.isEnded()) {
                answer.result().drop();
            } else {
                check(answer.result(), gap, segment, host);
            }
        });
    }

    /** Only just what was asked for is taken. */
    private void check(Response response, Segments.Gap gap, Segment segment, Breadth host) {
        boolean ranged = response.status() == 206
                && ContentRange.parse(response.headers().get(BlobPull.CONTENT_RANGE))
                        .filter(given -> given.first() == gap.first() && given.last() == gap.end() - 1)
                        .filter(given -> given.total() < 0 || given.total() == delivery.size())
                        .filter(given -> BlobPull.agrees(SmallBody.length(response), given))
                        .isPresent()
                && BlobPull.isIdentity(response);
        boolean same = !response.origin().equals(validated)
                || isSame(response.headers().get(HttpHeaders.ETAG));
        if (ranged && same) {
            if (validated == null) {
                remember(response);
            }
            segment.take(response);
            return;
        }
        response.drop();
        side = null;
        if (!ranged) {
            host.rangeless();
        }
        segment.cut(Setback.of(Setback.Kind.LASTING, Failure.invalid("part of the blob: got something else")));
    }

    private void ended(Segment segment, Breadth host) {
        if (underWay.remove(segment) == null) {
            return;
        }
        host.end();
        Setback setback = segment.setback();
        if (segment.isWhole()) {
            counts.fetchedOne();
            stragglers.done(segment.speed().age(time.nanos()));
        } else if (setback != null && setback.kind() == Setback.Kind.GIVEN_UP) {
            paused = time.nanos() + MOMENT_NANOS;
        } else if (setback != null) {
            counts.failedOne();
            host.trouble();
            if (!setback.retryable()) {
                side = null;
            }
            paused = time.nanos() + PAUSE_NANOS;
        }
        if (segment.isEmpty() && segment != following) {
            segments.remove(segment);
            segment.close();
        }
        fill();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            forget();
            if (ticker != null) {
                ticker.close();
            }
        }
    }
}
