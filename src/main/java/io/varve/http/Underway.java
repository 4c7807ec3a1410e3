package io.varve.http;

import io.netty.channel.Channel;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Who is connected, and what is being answered to whom. Nobody keeps anything here by doing nothing. Belongs to one event loop. */
public final class Underway {
    private final Map<Future<?>, Reader> answers = new HashMap<>();
    private final Connections connections;
    private final Patience patience;

    /** @param connections how many there may be */
    public Underway(int connections, Patience patience) {
        this.connections = new Connections(connections, patience);
        this.patience = patience;
    }

    /** From now on whoever's time is over is cut off. To be called on the event loop, which it is for. */
    public void watch(Vertx vertx) {
        vertx.setPeriodic(patience.periodMillis(), passed -> expire());
    }

    private void expire() {
        long now = System.nanoTime();
        connections.expire(now);
        List.copyOf(answers.values())
                .forEach(reader -> reader.expire(now, patience.idle().toNanos()));
    }

    /** Whether there is a place for it; it was cut off if not. */
    boolean accept(Channel channel) {
        return connections.accept(channel);
    }

    /** @param answered completes when nothing is held for the answer any more */
    public void add(Reader reader, Future<?> answered) {
        Channel channel = Cutting.channel(reader.request().connection());
        answers.put(answered, reader);
        connections.asks(channel);
        answered.onComplete(done -> {
            answers.remove(answered);
            connections.answered(channel);
            // Whether the question has ended is known once what is said now of its end was heard.
            channel.eventLoop().execute(() -> {
                reader.part();
                Dialogue.answered(channel);
            });
        });
    }

    /** How many requests are being answered. */
    public int size() {
        return answers.size();
    }

    public Load load() {
        return new Load(connections.size(), answers.size());
    }

    /**
     * @param connections that there are
     * @param requests that are being answered
     */
    public record Load(int connections, int requests) {}

    /** Cuts off whoever is being answered. Completes when nothing is held for them. */
    public Future<?> cut() {
        List<Future<?>> ending = List.copyOf(answers.keySet());
        Set<HttpConnection> connected = answers.values().stream()
                .map(reader -> reader.request().connection())
                .collect(Collectors.toSet());
        connected.forEach(Cutting::cut);
        return ending.isEmpty()
                ? Future.succeededFuture()
                : Future.join(ending).transform(done -> Future.succeededFuture());
    }
}
