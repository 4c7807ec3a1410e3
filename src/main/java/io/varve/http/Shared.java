package io.varve.http;

import io.varve.bus.Budget;
import io.varve.bus.Here;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.http.HttpConnection;
import java.util.function.Supplier;

/**
 * Something that there is only so much of for all who are connected: memory, or turns. They get it by turns, one connection leaves some of
 * it to the others, and whoever goes away waits for none. Belongs to one event loop.
 */
public final class Shared {
    private final Context context;
    private final Budget all;

    Shared(Context context, Budget all) {
        this.context = context;
        this.all = all;
    }

    long size() {
        return all.size();
    }

    /**
     * Does something as soon as there is so much for it, which is given back at its end.
     *
     * @param work completes on any thread
     * @return completes on the event loop; fails as Cancelled when the reader has gone before it began
     */
    public <T> Future<T> with(long amount, Reader reader, Supplier<Future<T>> work) {
        HttpConnection connection = reader.request().connection();
        String name = String.valueOf(connection.remoteAddress());
        return Here.on(context, all.reserve(connection, name, amount, reader.gone()))
                .compose(ours -> Here.on(context, Future.succeededFuture().compose(now -> work.get()))
                        .andThen(done -> ours.close()));
    }
}
