package io.varve.registry;

import io.varve.failure.Failure;
import io.vertx.core.Future;
import io.vertx.core.net.ProxyOptions;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Ways to hosts. A name is resolved once for a request, off the event loop; all of its addresses are checked, and the
 * connection goes to one of those, so that nothing is gained by answering differently the second time. Behind a proxy, which
 * resolves names itself, only addresses that stand in the URL can be checked. Any thread.
 */
final class Router {
    /** Hosts whose address is remembered, the last used ones. */
    private static final int REMEMBERED = 4096;

    private final Names names;
    private final Proxies proxies;
    private final Upstreams upstreams;

    /** Where hosts have answered: tried first the next time, and what they may lead to depends on it. */
    private final Map<Origin, InetAddress> answered = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Origin, InetAddress> eldest) {
            return size() > REMEMBERED;
        }
    };

    sealed interface Way {
        record Direct(InetAddress address) implements Way {}

        record Proxied(ProxyOptions proxy) implements Way {}
    }

    /**
     * A registry that says where to go.
     *
     * @param address where it has answered; empty when nobody knows, as behind a proxy, and then it is taken for public
     */
    record Guide(Origin origin, Optional<InetAddress> address) {}

    Router(Names names, Proxies proxies, Upstreams upstreams) {
        this.names = names;
        this.proxies = proxies;
        this.upstreams = upstreams;
    }

    /**
     * @param guide who sent us there; null when it was the user
     * @param anywhere whether {@link Upstreams} do not hold
     * @return one or more, to be tried in this order; fails as Invalid when the guide may not lead there, as Unauthorized when nobody
     *     may
     */
    Future<List<Way>> ways(Origin target, @Nullable Guide guide, boolean anywhere) {
        Upstreams held = anywhere ? Upstreams.ANYWHERE : upstreams;
        try {
            held.check(target);
            Optional<InetAddress> literal = AddressText.of(target.host());
            if (literal.isPresent()) {
                held.check(target, literal.get());
                check(literal.get(), target, guide);
            }
            Optional<ProxyOptions> proxy = proxies.find(target);
            if (proxy.isPresent()) {
                return Future.succeededFuture(List.of(new Way.Proxied(proxy.get())));
            }
            if (literal.isPresent() && !target.host().endsWith("localhost")) {
                return Future.succeededFuture(List.of(new Way.Direct(literal.get())));
            }
            return names.resolve(target.host())
                    .recover(thrown -> Future.failedFuture(Setback.unreached(thrown)))
                    .map(addresses -> {
                        addresses.forEach(each -> held.check(target, each));
                        return checked(addresses, target, guide);
                    });
        } catch (Failure e) {
            return Future.failedFuture(e);
        }
    }

    private List<Way> checked(List<InetAddress> addresses, Origin target, @Nullable Guide guide) {
        if (addresses.isEmpty()) {
            throw Setback.unreached(new UnknownHostException(target.host()));
        }
        InetAddress last;
        synchronized (answered) {
            last = answered.get(target);
        }
        List<Way> ways = new ArrayList<>();
        for (InetAddress each : addresses) {
            check(each, target, guide);
            InetAddress nameless = nameless(each);
            ways.add(nameless.equals(last) ? 0 : ways.size(), new Way.Direct(nameless));
        }
        return ways;
    }

    /** Without the name, which whoever connects would otherwise resolve again. */
    private static InetAddress nameless(InetAddress address) {
        try {
            return InetAddress.getByAddress(address.getAddress());
        } catch (UnknownHostException e) {
            throw new IllegalStateException("an address has 4 or 16 bytes", e);
        }
    }

    private static void check(InetAddress address, Origin target, @Nullable Guide guide) {
        if (guide == null) {
            return;
        }
        boolean may = guide.address()
                .map(from -> Network.mayLead(from, address))
                .orElseGet(() -> Network.of(address) == Network.PUBLIC);
        if (!may) {
            throw Failure.invalid("sent on to " + target + ": got the address " + address.getHostAddress()
                    + ", wanted one that " + guide.origin() + " may lead to");
        }
    }

    /** @return who has answered there, as one who may say where to go */
    Guide answered(Origin origin, Way way) {
        return switch (way) {
            case Way.Direct direct -> {
                synchronized (answered) {
                    answered.put(origin, direct.address());
                }
                yield new Guide(origin, Optional.of(direct.address()));
            }
            case Way.Proxied ignored -> new Guide(origin, AddressText.of(origin.host()));
        };
    }

    /** The registry at this origin, as one who may say where to go. */
    Guide guide(Origin origin) {
        synchronized (answered) {
            InetAddress last = answered.get(origin);
            return new Guide(origin, last == null ? AddressText.of(origin.host()) : Optional.of(last));
        }
    }
}
