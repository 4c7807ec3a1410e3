package io.varve.bus;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;

/** Futures of others, which complete on any thread, made to complete on a context. */
public final class Here {
    private Here() {}

    public static <T> Future<T> on(Context context, Future<T> elsewhere) {
        Promise<T> here = Promise.promise();
        elsewhere.onComplete(done -> context.runOnContext(now -> here.handle(done)));
        return here.future();
    }
}
