package io.varve.bus;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A flow's place: it lets messages in one at a time, and answers everybody who waits when it ends. */
final class FlowVerticle extends VerticleBase {
    private static final AtomicLong NUMBERS = new AtomicLong();

    private final Bus bus;
    private final String address;
    private final Function<Context, Flow> opening;

    // Of the flow's context, as everything below.
    private @Nullable Flow flow;
    private Future<Object> last = Future.succeededFuture();
    private final Set<Promise<Object>> unanswered = new LinkedHashSet<>();
    private boolean over;

    FlowVerticle(Bus bus, String stage, Function<Context, Flow> opening) {
        this.bus = bus;
        address = stage + "." + NUMBERS.incrementAndGet();
        this.opening = opening;
    }

    Stage.Opened opened(String deployment) {
        if (flow == null) {
            throw new IllegalStateException("a flow that was deployed is there");
        }
        return new Stage.Opened(address, deployment, flow);
    }

    @Override
    public Future<?> start() {
        try {
            flow = opening.apply(context);
        } catch (Throwable thrown) {
            return Future.failedFuture(thrown);
        }
        return bus.serve(address, this::receive).completion();
    }

    private Future<Object> receive(Local message) {
        Promise<Object> answer = Promise.promise();
        unanswered.add(answer);
        if (message == Presence.PRESENCE) {
            return answer.future();
        }
        if (message instanceof Handed handed) {
            answer.future().onComplete(handed::over);
        }
        // A failed one leaves the rest without meaning.
        last = last.compose(before -> over ? ended() : into(message));
        last.onComplete(done -> {
            if (unanswered.remove(answer)) {
                answer.handle(done);
            }
        });
        return answer.future();
    }

    private Future<Object> into(Local message) {
        Flow into = flow;
        if (message instanceof Mark) {
            return Future.succeededFuture();
        }
        return into == null ? ended() : into.receive(message).map(done -> done);
    }

    private static Future<Object> ended() {
        return Future.failedFuture(Failure.of(Category.CANCELLED, "the flow has ended"));
    }

    @Override
    public Future<?> stop() {
        over = true;
        for (Promise<Object> each : new ArrayList<>(unanswered)) {
            unanswered.remove(each);
            each.fail(Failure.of(Category.CANCELLED, "the flow has ended"));
        }
        Flow ending = flow;
        if (ending == null) {
            return Future.succeededFuture();
        }
        ending.cancel();
        return last.transform((done, failed) -> {
            ending.close();
            return Future.succeededFuture();
        });
    }
}
