package io.varve.http;

import io.vertx.core.http.HttpConnection;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Frames of a connection of HTTP/2 that ask nothing and want an answer: pings and settings. So many are polite; and no more than
 * those hold the event loop up when they come all at once. Belongs to the connection's event loop.
 */
final class Chatter {
    static final int MOST = 2_000;

    private static final Logger LOG = LoggerFactory.getLogger(Chatter.class);
    private static final long WINDOW_NANOS = Duration.ofSeconds(30).toNanos();
    private static final long ENHANCE_YOUR_CALM = 11;

    private final HttpConnection connection;
    // Of the window that began then.
    private long began = System.nanoTime();
    private int frames;

    private Chatter(HttpConnection connection) {
        this.connection = connection;
    }

    static void watch(HttpConnection connection) {
        Chatter chatter = new Chatter(connection);
        connection.pingHandler(ping -> chatter.heard()).remoteSettingsHandler(settings -> chatter.heard());
    }

    private void heard() {
        long now = System.nanoTime();
        if (now - began > WINDOW_NANOS) {
            began = now;
            frames = 0;
        }
        if (++frames == MOST) {
            LOG.debug("{} was cut off: it sent {} pings and settings", connection.remoteAddress(), MOST);
            connection.goAway(ENHANCE_YOUR_CALM);
            Cutting.cut(connection);
        }
    }
}
