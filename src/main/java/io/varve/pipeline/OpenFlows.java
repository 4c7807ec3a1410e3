package io.varve.pipeline;

import io.varve.bus.Flow;
import io.varve.bus.Local;
import io.varve.bus.Stage;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** The flows that one attempt at something has opened, which are closed together. Belongs to the conducting context. */
final class OpenFlows {
    private final Stages stages;
    private final Cancellation wanted;
    private final List<Stage.Opened> opened = new ArrayList<>();
    // What is being opened.
    private Future<?> opening = Future.succeededFuture();

    OpenFlows(Stages stages, Cancellation wanted) {
        this.stages = stages;
        this.wanted = wanted;
    }

    /**
     * One after another, and whoever is sent to before whoever sends.
     *
     * @return fails when they are not wanted any more: whoever waited for memory may come after they were closed
     */
    Future<Stage.Opened> open(String stage, Local how) {
        if (wanted.isCancelled()) {
            return Future.failedFuture(wanted.cancelled().cause());
        }
        Future<Stage.Opened> there = stages.bus().<Stage.Opened>ask(stage, how).onSuccess(opened::add);
        opening = there;
        // It may have been cancelled before it was there.
        return there.compose(flow ->
                wanted.isCancelled() ? Future.failedFuture(wanted.cancelled().cause()) : Future.succeededFuture(flow));
    }

    boolean any(Predicate<Flow> which) {
        return opened.stream().map(Stage.Opened::flow).anyMatch(which);
    }

    /** Of the one flow of that kind. */
    String addressOf(Class<? extends Flow> kind) {
        return opened.stream()
                .filter(each -> kind.isInstance(each.flow()))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no flow is open that is a " + kind.getSimpleName()))
                .address();
    }

    /** Whoever sends before whoever is sent to, so that nothing is on its way to one that has ended. Never fails. */
    Future<Void> close() {
        return opening.transform((there, thrown) -> closeNext());
    }

    private Future<Void> closeNext() {
        if (opened.isEmpty()) {
            return Future.succeededFuture();
        }
        Stage.Opened last = opened.removeLast();
        return stages.vertx().undeploy(last.deployment()).transform((closed, thrown) -> closeNext());
    }
}
