package io.varve.registry;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.time.Instant;
import java.util.function.BooleanSupplier;

/** Time as those see it who wait and ask again. */
interface Time {

    long STEP_MS = 200;

    /** As {@link System#nanoTime}. */
    long nanos();

    /** The date, which is what an HTTP date is compared with. */
    Instant now();

    /** Completes on the caller's context when this long has passed, or soon after it is of no more use. */
    Future<Void> pause(Duration duration, BooleanSupplier useless);

    static Time real(Vertx vertx) {
        return new Time() {
            @Override
            public long nanos() {
                return System.nanoTime();
            }

            @Override
            public Instant now() {
                return Instant.now();
            }

            @Override
            public Future<Void> pause(Duration duration, BooleanSupplier useless) {
                long whole = Math.max(1, duration.toMillis());
                long step = Math.min(whole, STEP_MS);
                return vertx.timer(step)
                        .compose(ignored -> step == whole || useless.getAsBoolean()
                                ? Future.succeededFuture()
                                : pause(Duration.ofMillis(whole - step), useless));
            }
        };
    }
}
