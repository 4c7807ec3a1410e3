package io.varve.bus;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.Iterator;
import java.util.function.Function;

/** Things done one after the other, however many there are. */
public final class InTurn {
    private InTurn() {}

    /**
     * Does each when the one before is done. Not composed: whatever a chain of thousands of futures comes to is told by each to the next, on
     * a stack that has no room for so many, and then nobody ever hears of it.
     *
     * @param work begins one; called on whichever thread the one before has ended
     * @return fails with the first failure, and those behind it are not begun
     */
    public static <T> Future<Void> each(Iterable<T> all, Function<? super T, ? extends Future<?>> work) {
        Promise<Void> done = Promise.promise();
        next(all.iterator(), work, done);
        return done.future();
    }

    private static <T> void next(Iterator<T> left, Function<? super T, ? extends Future<?>> work, Promise<Void> all) {
        while (left.hasNext()) {
            Future<?> one;
            try {
                one = work.apply(left.next());
            } catch (Throwable thrown) {
                one = Future.failedFuture(thrown);
            }
            if (!one.succeeded()) {
                one.onFailure(all::fail).onSuccess(done -> next(left, work, all));
                return;
            }
        }
        all.complete();
    }
}
