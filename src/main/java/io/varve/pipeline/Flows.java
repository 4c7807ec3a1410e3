package io.varve.pipeline;

import io.varve.bus.Budget;
import io.varve.bus.Here;
import io.varve.content.ContentStore;
import io.varve.content.Reservation;
import io.varve.decode.DecodeFlow;
import io.varve.oci.Descriptor;
import io.vertx.core.Future;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The flows of one pull: each begins when there is memory for it, in space that was set aside on the disk for all of them.
 * Belongs to the conducting context.
 */
public final class Flows {
    private final ContentStore content;
    private final Stages stages;
    private final int atOnce;
    private final String place;
    private final Cancellation wanted;

    // While all of them are on their way.
    private @Nullable Reservation space;

    /**
     * @param atOnce how many of them may be on their way at once
     * @param place where the blobs come from
     * @param wanted what the flows heed; ended by the first failure of one
     */
    public Flows(ContentStore content, Stages stages, int atOnce, String place, Cancellation wanted) {
        this.content = content;
        this.stages = stages;
        this.atOnce = atOnce;
        this.place = place;
        this.wanted = wanted;
    }

    /**
     * Runs them in their order. The first failure stops the others, each of which takes back what it wrote.
     *
     * @param blobs what they bring, which is what the disk must have room for
     * @param flows which ask to be {@linkplain #admit admitted}
     * @return fails with the first failure of any, after all of them ended; Unavailable before any began when the disk has no
     *     space for the blobs
     */
    Future<Void> all(List<Descriptor> blobs, List<Supplier<Future<?>>> flows) {
        return stages.disk(() -> content.reserve(missing(blobs))).compose(reserved -> {
            space = reserved;
            return Together.all(flows, atOnce, wanted)
                    .transform((done, thrown) -> stages.disk(() -> {
                                reserved.close();
                                return true;
                            })
                            .compose(
                                    closed -> thrown == null ? Future.succeededFuture() : Future.failedFuture(thrown)));
        });
    }

    private long missing(List<Descriptor> blobs) {
        return blobs.stream()
                .filter(blob -> content.find(blob.digest()).isEmpty())
                .mapToLong(Descriptor::size)
                .sum();
    }

    /**
     * Begins a flow in its turn, and gives back what it was admitted with when it has ended.
     *
     * @param memory bytes that it takes from end to end
     * @param flow given where there is room for a large window, if it turns out to need one
     */
    <T> Future<T> admit(Descriptor blob, long memory, Function<DecodeFlow.Memory, Future<T>> flow) {
        return admit(memory, admission -> use(blob).compose(used -> flow.apply(admission)));
    }

    /** The same of a flow for which no space was set aside. */
    public <T> Future<T> admit(long memory, Function<DecodeFlow.Memory, Future<T>> flow) {
        Admission admission = new Admission();
        return admission
                .hold(stages.budget(), memory)
                .compose(room -> flow.apply(admission))
                .onComplete(done -> admission.end());
    }

    /** What one flow was given. */
    private final class Admission implements DecodeFlow.Memory {
        // Of the conducting context.
        private final List<Budget.Reservation> held = new ArrayList<>();
        private boolean ended;
        private @Nullable Future<Void> window;

        /** Complete at once where there is room. */
        Future<Void> hold(Budget from, long bytes) {
            Future<Budget.Reservation> given = from.reserve(Flows.this, place, bytes, wanted.cancelled());
            Future<Void> kept = Here.on(stages.context(), given).map(room -> {
                if (ended) {
                    room.close();
                } else {
                    held.add(room);
                }
                return null;
            });
            return given.succeeded() ? Future.succeededFuture() : kept;
        }

        /** A later attempt of the flow has what an earlier one was given: it would wait for itself. */
        @Override
        public synchronized Future<Void> reserve() {
            if (window == null) {
                window = hold(stages.windows(), stages.windowBytes());
            }
            return window;
        }

        /** What comes later, to a flow that failed while it waited, is given back at once. */
        void end() {
            ended = true;
            held.forEach(Budget.Reservation::close);
        }
    }

    private Future<?> use(Descriptor blob) {
        Reservation reserved = space;
        return reserved == null
                ? Future.succeededFuture()
                : stages.disk(() -> {
                    if (content.find(blob.digest()).isEmpty()) {
                        reserved.use(blob.size());
                    }
                    return true;
                });
    }
}
