package io.varve.http;

import io.vertx.core.Future;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpServerRequest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What is being answered, and to whom. Belongs to one event loop. */
public final class Underway {
    private final Map<Future<?>, HttpConnection> answers = new HashMap<>();

    /** @param answered completes when nothing is held for the answer any more */
    public void add(HttpServerRequest request, Future<?> answered) {
        answers.put(answered, request.connection());
        answered.onComplete(done -> answers.remove(answered));
    }

    public int size() {
        return answers.size();
    }

    /** Cuts off whoever is being answered. Completes when nothing is held for them. */
    public Future<?> cut() {
        List<Future<?>> ending = List.copyOf(answers.keySet());
        Set.copyOf(answers.values()).forEach(Cutting::cut);
        return ending.isEmpty()
                ? Future.succeededFuture()
                : Future.join(ending).transform(done -> Future.succeededFuture());
    }
}
