package io.varve.job;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Failure;
import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/**
 * A pull, build or push that a caller can watch and cancel. As JSON:
 *
 * <pre>
 *   {"id": …, "kind": "pull", "subject": …, "state": "queued | running | done | failed",
 *    "created": …, "started": …, "finished": …, "queued": how many are served before it,
 *    "progress": {"size": …, "network": …, "cached": …, "decoded": …, "assembled": …}, "layers": [ … ],
 *    "notes": what people should know, a line each; left out when there are none,
 *    "result": { … } | "problem": { … }}
 * </pre>
 *
 * <p>Any thread.
 */
public sealed interface Job permits LiveJob, KeptJob {
    String id();

    String caller();

    State state();

    /** Why it failed; null when it has not. */
    @Nullable
    Failure failure();

    /** All that is known of it. Not to be changed: others may have it too. */
    ObjectNode told();

    /** What is news to somebody who was told up to that change; to whoever was told nothing, all of it. */
    News news(long known);

    /** Completes, on any thread, when there is news behind that change. */
    Future<Void> changed(long known);

    /** Completes, on any thread, when it is done or failed, and that is durable unless all of it was cached. */
    Future<Void> ended();

    /** Whoever was given that future waits for it no more: it never completes, and nothing is kept for him. */
    void leave(Future<Void> waiter);

    /** How many wait for it to change or to end. */
    int waiting();

    /**
     * What changed.
     *
     * @param number of the last change that is in it
     * @param last whether there will be no more
     */
    record News(long number, State state, ObjectNode told, boolean last) {}

    /** How far it is. */
    enum State {
        QUEUED("queued"),
        RUNNING("running"),
        DONE("done"),
        FAILED("failed");

        private final String word;

        State(String word) {
            this.word = word;
        }

        /** As JSON has it. */
        @Override
        public String toString() {
            return word;
        }

        /** There is nothing behind it. */
        public boolean isLast() {
            return this == DONE || this == FAILED;
        }
    }
}
