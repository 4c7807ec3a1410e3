package io.varve.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections of a server from the moment they are there: how many there may be, and how long each may ask nothing, whatever else it
 * says. Belongs to one event loop.
 */
final class Connections {
    private static final Logger LOG = LoggerFactory.getLogger(Connections.class);

    /** For the other side to see a polite end. */
    private static final long FAREWELL_NANOS = Duration.ofSeconds(1).toNanos();

    /**
     * A connection that asks nothing.
     *
     * @param until when it is to have asked something, in nanoseconds of the system
     * @param told whether it was told that this is the end
     */
    private record Idle(long until, boolean told) {}

    private final int most;
    private final Patience patience;
    // The one that has asked nothing for the longest time comes first.
    private final LinkedHashMap<Channel, Idle> idle = new LinkedHashMap<>();
    // With how many questions.
    private final Map<Channel, Integer> asking = new HashMap<>();

    /** @param most at once */
    Connections(int most, Patience patience) {
        this.most = most;
        this.patience = patience;
    }

    int size() {
        return idle.size() + asking.size();
    }

    /**
     * A new one. When there are as many as there may be, it takes the place of the one that has asked nothing for the longest time.
     *
     * @return whether there was a place
     */
    boolean accept(Channel channel) {
        if (size() >= most) {
            Channel longest = idle.isEmpty() ? channel : idle.firstEntry().getKey();
            LOG.debug("{} was cut off: there are {} connections (limits.connections)", longest.remoteAddress(), most);
            idle.remove(longest);
            Cutting.cut(longest);
            if (longest.equals(channel)) {
                return false;
            }
        }
        idle.put(channel, new Idle(System.nanoTime() + patience.head().toNanos(), false));
        ChannelFuture _ = channel.closeFuture().addListener(closed -> {
            idle.remove(channel);
            asking.remove(channel);
        });
        return true;
    }

    /** The head of a request has come, maybe of one who has gone since. */
    void asks(Channel channel) {
        if (channel.isOpen()) {
            idle.remove(channel);
            asking.merge(channel, 1, Integer::sum);
        }
    }

    /** Nothing is held for one of its requests any more. */
    void answered(Channel channel) {
        Integer left = asking.computeIfPresent(channel, (key, count) -> count - 1);
        if (left != null && left == 0) {
            asking.remove(channel);
            idle.put(channel, new Idle(System.nanoTime() + patience.idle().toNanos(), false));
        }
    }

    /** Ends those whose time is over. */
    void expire(long now) {
        List<Map.Entry<Channel, Idle>> over = new ArrayList<>();
        for (Map.Entry<Channel, Idle> each : idle.entrySet()) {
            if (each.getValue().until() - now < 0) {
                over.add(Map.entry(each.getKey(), each.getValue()));
            }
        }
        for (Map.Entry<Channel, Idle> each : over) {
            Channel channel = each.getKey();
            if (each.getValue().told()) {
                idle.remove(channel);
                Cutting.cut(channel);
            } else {
                idle.replace(channel, new Idle(now + FAREWELL_NANOS, true));
                ChannelFuture _ = channel.close();
            }
        }
    }
}
