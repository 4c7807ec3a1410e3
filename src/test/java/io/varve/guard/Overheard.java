package io.varve.guard;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import com.sun.management.GarbageCollectorMXBean;
import com.sun.management.GcInfo;
import io.netty.buffer.ByteBufAllocator;
import java.lang.management.ManagementFactory;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * What Netty's leak detector and Vert.x's blocked-thread checker said and nobody has answered for yet. They speak through
 * their loggers, which are the process's, and so is this.
 */
final class Overheard {
    static final Logger LEAKS = (Logger) LoggerFactory.getLogger("io.netty.util.ResourceLeakDetector");
    static final Logger BLOCKED = (Logger) LoggerFactory.getLogger("io.vertx.core.impl.BlockedThreadChecker");

    private static final long GC_PATIENCE_MS = 10_000;
    private static final Pattern BLOCKED_FOR = Pattern.compile("has been blocked for (\\d+) ms");
    private static final Queue<String> LINES = new ConcurrentLinkedQueue<>();
    private static final long COLLECTORS_CLOCK_LATE_MS = collectorsClockLateMs();

    static {
        Ear ear = new Ear();
        ear.start();
        LEAKS.addAppender(ear);
        BLOCKED.addAppender(ear);
    }

    private Overheard() {}

    static boolean isSilent() {
        return LINES.isEmpty();
    }

    /** Fails with what was said since the last call. */
    static void requireSilence() {
        List<String> said = new ArrayList<>();
        for (@Nullable String line = LINES.poll(); line != null; line = LINES.poll()) {
            said.add(line);
        }
        if (!said.isEmpty()) {
            throw new AssertionError("a leak or a blocked thread was reported:\n" + String.join("\n", said));
        }
    }

    /** Lets the leak detector notice every buffer that was lost by now, then {@link #requireSilence}. */
    static void requireSilenceAfterCollection() {
        // The second collection's references are handed out only when all of the first's were.
        collect();
        collect();
        // The detector looks at what was collected when the next buffer is allocated.
        ByteBufAllocator.DEFAULT.directBuffer(1).release();
        requireSilence();
    }

    private static void collect() {
        ReferenceQueue<Object> collected = new ReferenceQueue<>();
        WeakReference<Object> sentinel = new WeakReference<>(new Object(), collected);
        System.gc();
        try {
            if (collected.remove(GC_PATIENCE_MS) == null) {
                throw new AssertionError("the collector did not run");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError("interrupted while collecting", e);
        } finally {
            Reference.reachabilityFence(sentinel);
        }
    }

    /**
     * Whether a line of the blocked-thread checker still holds when the time is taken off in which the collector had
     * stopped every thread: a full collection of a heap that many tests have filled takes as long as a loop may.
     *
     * @param nowMs when the line was said, in milliseconds since the start of the JVM
     */
    static boolean holds(String line, long nowMs, List<Pause> pauses) {
        Matcher blocked = BLOCKED_FOR.matcher(line);
        if (!blocked.find()) {
            return true;
        }
        long blockedMs = Long.parseLong(blocked.group(1));
        long stoppedMs = pauses.stream()
                .mapToLong(
                        pause -> Math.max(0, Math.min(pause.endMs, nowMs) - Math.max(pause.startMs, nowMs - blockedMs)))
                .sum();
        return blockedMs - stoppedMs > WatchedVertx.LIMIT_MS;
    }

    /** The last collection of each collector. */
    static List<Pause> lastPauses() {
        return lastCollections().stream()
                .map(last -> new Pause(
                        last.getStartTime() + COLLECTORS_CLOCK_LATE_MS, last.getEndTime() + COLLECTORS_CLOCK_LATE_MS))
                .toList();
    }

    private static List<GcInfo> lastCollections() {
        List<GcInfo> infos = new ArrayList<>();
        for (GarbageCollectorMXBean collector : ManagementFactory.getPlatformMXBeans(GarbageCollectorMXBean.class)) {
            @Nullable GcInfo last = collector.getLastGcInfo();
            if (last != null) {
                infos.add(last);
            }
        }
        return infos;
    }

    private static long uptimeMs() {
        return ManagementFactory.getRuntimeMXBean().getUptime();
    }

    /** Both clocks are said to begin with the JVM, but the collectors' begins tens of milliseconds after the other. */
    private static long collectorsClockLateMs() {
        long startMs = uptimeMs();
        System.gc();
        return startMs
                - lastCollections().stream()
                        .mapToLong(GcInfo::getStartTime)
                        .max()
                        .orElse(startMs);
    }

    /** Of the whole JVM; in milliseconds since its start. */
    record Pause(long startMs, long endMs) {}

    private static final class Ear extends AppenderBase<ILoggingEvent> {
        @Override
        protected void append(ILoggingEvent event) {
            String line = event.getFormattedMessage();
            if (holds(line, uptimeMs(), lastPauses())) {
                LINES.add(line);
            }
        }
    }
}
