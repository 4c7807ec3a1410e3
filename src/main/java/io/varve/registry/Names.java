package io.varve.registry;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.time.Duration;
import java.util.List;

/** Names of hosts become addresses. Futures complete on the caller's context. */
@FunctionalInterface
interface Names extends AutoCloseable {

    /** @return all of its addresses, the one to try first at the front; fails when they are not to be had in time */
    Future<List<InetAddress>> resolve(String host);

    /** Nothing is looked up any more. */
    @Override
    default void close() {}

    /**
     * As the machine is configured.
     *
     * @param patience how long those who ask wait before they are told that it took too long
     */
    static Names ofTheMachine(Vertx vertx, Duration patience) {
        return new Lookups(vertx, InetAddress::getAllByName, patience, System::nanoTime);
    }
}
