package io.varve.guard;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.netty.buffer.ByteBufAllocator;
import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
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
    private static final Queue<String> LINES = new ConcurrentLinkedQueue<>();

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

    private static final class Ear extends AppenderBase<ILoggingEvent> {
        @Override
        protected void append(ILoggingEvent event) {
            LINES.add(event.getFormattedMessage());
        }
    }
}
