package io.varve.registry;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.net.InetAddress;
import java.util.List;

/** Names of hosts become addresses. Futures complete on the caller's context. */
@FunctionalInterface
interface Names {

    /** @return all of its addresses, the one to try first at the front */
    Future<List<InetAddress>> resolve(String host);

    /** As the machine is configured: its resolver blocks, so it is asked on a worker. */
    static Names ofTheMachine(Vertx vertx) {
        return host -> vertx.executeBlocking(() -> InetAddress.getAllByName(host), false)
                .map(found -> List.of(found));
    }
}
