package io.varve.registry;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import java.net.URI;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** A realm without a network: remembers what it was asked, and answers what the test says. */
final class FakeRealm implements TokenTransport {
    /** @param form null of a GET, as {@code authorization} is of a POST or of nobody */
    record Asked(URI realm, URI registry, Optional<String> authorization, Optional<String> form) {}

    final List<Asked> asked = new ArrayList<>();
    private final Deque<Function<Asked, Future<Answer>>> answers = new ArrayDeque<>();
    private Function<Asked, Future<Answer>> otherwise = _ -> Future.succeededFuture(answer(200, "{}"));

    static Answer answer(int status, String body) {
        return new Answer(status, MultiMap.caseInsensitiveMultiMap(), body.getBytes(UTF_8));
    }

    /** What it says next, each once. */
    FakeRealm says(int status, String body) {
        return saysLater(Future.succeededFuture(answer(status, body)));
    }

    FakeRealm saysLater(Future<Answer> later) {
        answers.add(_ -> later);
        return this;
    }

    FakeRealm gives(String token) {
        return says(200, "{\"token\":\"" + token + "\",\"expires_in\":300}");
    }

    Promise<Answer> isSlow() {
        Promise<Answer> slow = Promise.promise();
        saysLater(slow.future());
        return slow;
    }

    /** What it says from then on. */
    FakeRealm always(Function<Asked, Answer> answer) {
        otherwise = each -> Future.succeededFuture(answer.apply(each));
        return this;
    }

    Asked last() {
        return asked.getLast();
    }

    @Override
    public Future<Answer> get(URI realm, URI registry, Access access, Optional<String> authorization) {
        return answer(new Asked(realm, registry, authorization, Optional.empty()));
    }

    @Override
    public Future<Answer> post(URI realm, URI registry, Access access, String form) {
        return answer(new Asked(realm, registry, Optional.empty(), Optional.of(form)));
    }

    private synchronized Future<Answer> answer(Asked question) {
        asked.add(question);
        return (answers.isEmpty() ? otherwise : answers.poll()).apply(question);
    }
}
