package io.varve.api;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import io.varve.guard.Deadline;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.slf4j.LoggerFactory;

/** What the process has logged since somebody asked for the first time. */
final class Logged {
    private static final Queue<String> LINES = new ConcurrentLinkedQueue<>();

    static {
        AppenderBase<ILoggingEvent> ear = new AppenderBase<>() {
            @Override
            protected void append(ILoggingEvent event) {
                LINES.add(event.getFormattedMessage());
            }
        };
        ear.start();
        ((Logger) LoggerFactory.getLogger("io.varve")).addAppender(ear);
    }

    private Logged() {}

    /** Waits for a line with that in it. */
    static void until(String part) throws Exception {
        Deadline.until(() -> LINES.stream().anyMatch(line -> line.contains(part)));
    }
}
