package io.varve.registry;

import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How many requests for blobs one host is asked at once, beyond the one that each blob has anyway. Found by trying: while
 * those who take blobs could take more, twice as many are tried; what comes tells whether they stay, and now and then half as
 * many are, as circumstances change. Where nothing is gained it goes back, and leaves it for a while; a host that cuts
 * connections or wants to be left alone gets half.
 *
 * <p>Any thread.
 */
final class Breadth {
    /** What came is looked at in pieces of this length. */
    static final Duration INTERVAL = Duration.ofMillis(500);

    /** What was found out holds for this long, and twice as long each time that it is found again. */
    static final Duration REST = Duration.ofSeconds(5);

    private static final Duration LONGEST_REST = Duration.ofMinutes(2);

    /** A server that knows no ranges will not learn them soon. */
    static final Duration LONG_REST = Duration.ofMinutes(10);

    /** One disturbance ends many connections. */
    private static final Duration CALM = Duration.ofSeconds(1);

    /** Of what more connections would give if each gave as much as before, the part that makes them worth it. */
    private static final double WORTH = 0.3;

    /** A rate that is so many times that of the interval before grows by itself, as at the beginning of connections and of processes. */
    private static final double GROWING = 1.25;

    /** A trial that came to fewer than this many times the connections of before shows nothing. */
    private static final double SHOWS = 1.3;

    /**
     * Bytes a second of a host that are no reason for more connections, about a gigabit: what more would come the cores would not hash and
     * inflate, and while they are what is waited for, no comparison says much of the network.
     */
    private static final double PLENTY = 100e6;

    /** After this long it is looked whether fewer would not do as well, and then after twice as long each time. */
    static final Duration PROBATION = Duration.ofSeconds(10);

    private final int most;
    private final LongSupplier clock;

    // Everything below is guarded by this.
    private int limit = 1;
    private int open;

    // Of the present interval.
    private long began;
    private long counted;
    private double openNanos;
    private long bytes;
    private int reports;
    private int hungry;

    // The first interval after a change has something of both.
    private boolean settling;

    // How it was, and what the limit was, before another one was tried; null while nothing is tried.
    private @Nullable Sample before;
    private int tried;
    private Sample last = new Sample(0, 0);

    // When more may be tried again; when the limit was last found to be right, and how long that is trusted.
    private long rested;
    private long decided;
    private Duration probation = PROBATION;
    private Duration rest = REST;
    private long disturbed;

    /**
     * How an interval was.
     *
     * @param open requests on the average
     * @param rate bytes a second
     */
    private record Sample(double open, double rate) {}

    /**
     * @param most requests at once
     * @param clock as {@link System#nanoTime}
     */
    Breadth(int most, LongSupplier clock) {
        this.most = Math.max(1, most);
        this.clock = clock;
        long now = clock.getAsLong();
        began = now;
        counted = now;
        rested = now;
        decided = now;
        disturbed = now - CALM.toNanos();
    }

    /** A blob's own request begins, which none is needed for. */
    synchronized void begin() {
        count();
        if (open == 0) {
            // Time in which nothing was asked says nothing.
            restart();
        }
        open++;
    }

    /** Whether one more may begin, which then has. */
    synchronized boolean widen() {
        if (open >= limit) {
            return false;
        }
        begin();
        return true;
    }

    /** A request has ended, however it did. */
    synchronized void end() {
        count();
        open--;
    }

    synchronized int limit() {
        return limit;
    }

    /** Requests that are under way. */
    synchronized int open() {
        return open;
    }

    /** Bytes a second that one connection gave lately; 0 when that is not known. */
    synchronized double perConnection() {
        return last.open < 0.5 ? 0 : last.rate / last.open;
    }

    /**
     * What came of one blob since it was reported last.
     *
     * @param wanted whether more would have been taken
     */
    synchronized void came(long count, boolean wanted) {
        count();
        bytes += count;
        reports++;
        hungry += wanted ? 1 : 0;
        if (counted - began >= INTERVAL.toNanos()) {
            Sample sample = new Sample(openNanos / (counted - began), bytes * 1e9 / (counted - began));
            boolean wantedMore = 2 * hungry > reports;
            restart();
            if (settling) {
                settling = false;
            } else if (sample.open >= 0.5) {
                Sample previous = last;
                last = sample;
                judge(previous, sample, wantedMore);
            }
        }
    }

    private void judge(Sample previous, Sample sample, boolean wantedMore) {
        Sample compared = before;
        if (compared == null) {
            boolean steady = limit > 1 || sample.rate < GROWING * previous.rate;
            consider(sample, wantedMore && steady);
        } else if (!wantedMore) {
            // The host has not decided it.
            settle(Math.max(limit, tried));
        } else if (limit > tried && sample.open >= SHOWS * compared.open) {
            if (isWorth(compared, sample)) {
                rest = REST;
                settle(limit);
                consider(sample, true);
            } else {
                unlucky((int) Math.round(compared.open));
            }
        } else if (limit < tried && compared.open >= SHOWS * sample.open) {
            if (isWorth(sample, compared)) {
                probation = probation.multipliedBy(2);
                settle(tried);
            } else {
                unlucky(limit);
            }
        }
    }

    private void unlucky(int to) {
        narrow(to, rest);
        rest = rest.compareTo(LONGEST_REST) < 0 ? rest.multipliedBy(2) : LONGEST_REST;
    }

    private static boolean isWorth(Sample few, Sample many) {
        return many.rate >= few.rate * (1 + WORTH * (many.open / Math.max(1, few.open) - 1));
    }

    /** Whether something is to be tried. */
    private void consider(Sample sample, boolean wantedMore) {
        if (wantedMore && limit > 1 && counted - decided >= probation.toNanos()) {
            attempt(Math.max(1, limit / 2), sample);
        } else if (wantedMore && limit < most && sample.rate < PLENTY && counted - rested >= 0) {
            attempt((int) Math.min(most, 2 * Math.max(limit, Math.round(sample.open))), sample);
        }
    }

    private void attempt(int other, Sample present) {
        before = present;
        tried = limit;
        limit = other;
        settling = true;
    }

    private void settle(int to) {
        settling = to != limit;
        limit = to;
        before = null;
        decided = counted;
    }

    /** A connection was cut, or the host wants to be left alone. */
    synchronized void trouble() {
        count();
        if (counted - disturbed >= CALM.toNanos()) {
            disturbed = counted;
            narrow(limit / 2, LONGEST_REST);
        }
    }

    /** The host does not give ranges as they are asked for. */
    synchronized void rangeless() {
        count();
        narrow(1, LONG_REST);
    }

    private void narrow(int to, Duration rest) {
        limit = Math.max(1, to);
        before = null;
        settling = true;
        decided = counted;
        rested = Math.max(rested - counted, rest.toNanos()) + counted;
        restart();
    }

    private void restart() {
        began = counted;
        openNanos = 0;
        bytes = 0;
        reports = 0;
        hungry = 0;
    }

    private void count() {
        long now = clock.getAsLong();
        openNanos += (double) open * (now - counted);
        counted = now;
    }

    /** Since when nothing was asked here; negative while something is. */
    synchronized long idleNanos() {
        return open > 0 ? -1 : clock.getAsLong() - counted;
    }
}
