package io.varve.registry;

import io.varve.bus.Pace;
import io.varve.bus.Slabs;
import io.varve.failure.Failure;
import java.time.Duration;

/**
 * How long registries are waited for, and how often they are asked again; each component is the setting {@code network.<its
 * name>}.
 *
 * @param attempts how often one thing is asked for before the last failure is told; bytes that came begin the count anew
 * @param connectTimeout for name, connection and TLS, each
 * @param idleTimeout without a byte, while some are wanted, after which a connection counts as cut
 * @param patience for all attempts together, since something came; the longest that a failure can take to be told
 * @param retryAfter the longest that is waited because a server says so
 * @param leastRate bytes a second, over a minute of wanting some, below which a connection counts as cut; 0 for any
 * @param blobConnections the most that one blob comes over at once, where one alone is what it waits for; 1 for always one
 * @param segmentBytes the most that are asked for with one request where there are several
 */
public record NetworkOptions(
        int attempts,
        Duration connectTimeout,
        Duration idleTimeout,
        Duration patience,
        Duration retryAfter,
        long leastRate,
        int blobConnections,
        long segmentBytes) {
    public static final NetworkOptions DEFAULTS = new NetworkOptions(
            5,
            Duration.ofSeconds(10),
            Duration.ofSeconds(30),
            Duration.ofMinutes(5),
            Duration.ofMinutes(1),
            1024,
            8,
            4L << 20);

    private static final Duration PACE_WINDOW = Duration.ofMinutes(1);

    /** For whoever wants each blob over one connection. */
    public NetworkOptions(
            int attempts,
            Duration connectTimeout,
            Duration idleTimeout,
            Duration patience,
            Duration retryAfter,
            long leastRate) {
        this(attempts, connectTimeout, idleTimeout, patience, retryAfter, leastRate, 1, DEFAULTS.segmentBytes);
    }

    public NetworkOptions {
        if (attempts < 1) {
            throw Failure.invalid("network.attempts: got " + attempts + ", wanted 1 or more");
        }
        if (blobConnections < 1) {
            throw Failure.invalid("network.blobConnections: got " + blobConnections + ", wanted 1 or more");
        }
        if (segmentBytes < Slabs.SIZE) {
            throw Failure.invalid("network.segmentBytes: got " + segmentBytes + ", wanted " + Slabs.SIZE + " or more");
        }
        requirePositive("network.connectTimeout", connectTimeout);
        requirePositive("network.idleTimeout", idleTimeout);
        requirePositive("network.patience", patience);
    }

    /** Of a peer that is waited for. */
    Pace pace(Time time) {
        return new Pace(time::nanos, idleTimeout, PACE_WINDOW, leastRate, "network.leastRate");
    }

    private static void requirePositive(String setting, Duration got) {
        if (got.isZero() || got.isNegative()) {
            throw Failure.invalid(setting + ": got " + got.toSeconds() + "s, wanted more than that");
        }
    }
}
