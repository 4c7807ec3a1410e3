package io.varve.api;

import io.varve.auth.Action;
import io.varve.auth.Caller;
import io.varve.distribution.Distribution;
import io.varve.failure.Failure;
import io.varve.http.Reader;
import io.varve.http.Underway;
import io.varve.oci.Json;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Where each request goes: to what answers its operation of the contract, once it was checked against that; to the registry; or
 * nowhere. Belongs to one event loop.
 */
final class Face implements Handler<HttpServerRequest> {
    private final Router router;
    private final Gate gate;
    private final Distribution distribution;
    private final BodyReader bodies;
    private final Underway underway;

    /** What answers a question. May throw. */
    interface Answering extends Function<Exchange, Future<Void>> {}

    /**
     * @param answering by operation: one for each that the contract has
     * @param readers operations that read the body by themselves
     * @param files what is in images
     */
    Face(
            Vertx vertx,
            Contract contract,
            Gate gate,
            Map<String, Answering> answering,
            Set<String> readers,
            Answering files,
            Distribution distribution,
            BodyReader bodies,
            Underway underway) {
        router = Router.router(vertx);
        this.gate = gate;
        this.distribution = distribution;
        this.bodies = bodies;
        this.underway = underway;
        Set<String> left = new HashSet<>(answering.keySet());
        for (Operation operation : contract.operations()) {
            Answering answer = answering.get(operation.id());
            if (answer == null || !left.remove(operation.id())) {
                throw new IllegalStateException("the contract's operation " + operation.id() + " has no answer");
            }
            route(operation)
                    .handler(asked -> admitted(asked, operation.actions(), caller -> {
                        if (readers.contains(operation.id())) {
                            answerReading(asked, caller, operation, answer);
                        } else {
                            answer(asked, caller, operation, answer);
                        }
                    }));
        }
        if (!left.isEmpty()) {
            throw new IllegalStateException("the contract does not have " + left);
        }
        // Its paths have any number of segments, which OpenAPI cannot describe.
        router.routeWithRegex("/v1/images/[^/]+/files(/.*)?")
                .method(HttpMethod.GET)
                .method(HttpMethod.HEAD)
                .handler(asked -> admitted(asked, List.of(Action.READ), caller -> answer(asked, caller, files)));
        // What a path is asked in vain is said once, here; and nothing else fails in the router itself.
        router.errorHandler(
                404,
                asked -> refuse(
                        asked,
                        Failure.notFound(
                                "there is nothing at " + asked.request().path())));
        router.errorHandler(
                405,
                asked -> refuse(asked, Refused.method(asked.request().method().name(), allowed(asked, contract))));
        router.errorHandler(
                400,
                asked -> refuse(
                        asked, Failure.invalid("path: got " + asked.request().path())));
        router.errorHandler(
                500,
                asked ->
                        refuse(asked, asked.failure() == null ? new IllegalStateException("router") : asked.failure()));
    }

    /** As {@code Allow} has it (RFC 9110, section 10.2.1). */
    private static String allowed(RoutingContext asked, Contract contract) {
        Set<String> methods = new TreeSet<>();
        if (ImagePath.isOne(asked.normalizedPath())) {
            methods.add(HttpMethod.GET.name());
        }
        contract.operations().stream()
                .filter(operation -> operation.isAt(asked.normalizedPath()))
                .forEach(operation -> methods.add(operation.method().name()));
        if (methods.contains(HttpMethod.GET.name())) {
            methods.add(HttpMethod.HEAD.name());
        }
        return String.join(", ", methods);
    }

    private Route route(Operation operation) {
        Route route = router.route(operation.method(), operation.route());
        return operation.method().equals(HttpMethod.GET) ? route.method(HttpMethod.HEAD) : route;
    }

    /** Whether it is for the registry, which has its own words for what is wrong. */
    static boolean isRegistry(HttpServerRequest request) {
        String path = String.valueOf(request.path());
        return path.equals("/v2") || path.startsWith("/v2/");
    }

    @Override
    public void handle(HttpServerRequest request) {
        // It reads paths as they were sent, and the router would make others of some.
        if (isRegistry(request)) {
            registry(request);
        } else {
            router.handle(request);
        }
    }

    private void registry(HttpServerRequest request) {
        Caller caller;
        try {
            caller = gate.admit(request, List.of(Distribution.action(request)));
        } catch (Refused refused) {
            distribution.refuse(request, refused.problem(), refused.headers());
            return;
        }
        distribution.handle(request, caller.scopes());
    }

    /** Whoever may not ask is told so before anything of what he sends is read. */
    private void admitted(RoutingContext asked, List<Action> actions, Consumer<Caller> answering) {
        Caller caller;
        try {
            caller = gate.admit(asked.request(), actions);
        } catch (Refused refused) {
            refuse(asked, refused);
            return;
        }
        answering.accept(caller);
    }

    private void answer(RoutingContext asked, Caller caller, Operation operation, Answering answer) {
        if (!operation.takesBody()) {
            answer(asked, caller, exchange -> {
                operation.check(asked);
                return answer.apply(exchange);
            });
            return;
        }
        Reader reader = new Reader(asked.request());
        Future<Void> answered = bodies.read(reader, bytes -> operation.body(bytes, bodies.most()))
                .compose(body -> checked(new Exchange(asked, caller, reader, body), asked, operation, answer))
                .recover(thrown -> Answer.refusal(reader, thrown));
        underway.add(reader, answered);
    }

    private void answerReading(RoutingContext asked, Caller caller, Operation operation, Answering answer) {
        Reader reader = new Reader(asked.request());
        Exchange exchange = new Exchange(asked, caller, reader, Json.object());
        underway.add(reader, checked(exchange, asked, operation, answer));
    }

    /** What needs no body. */
    private void answer(RoutingContext asked, Caller caller, Answering answer) {
        Reader reader = new Reader(asked.request());
        Exchange exchange = new Exchange(asked, caller, reader, Json.object());
        underway.add(reader, answered(exchange, wanted -> {
            if (reader.bringsBody()) {
                throw Failure.invalid("body: got one, wanted none");
            }
            return answer.apply(wanted);
        }));
    }

    private static Future<Void> checked(
            Exchange exchange, RoutingContext asked, Operation operation, Answering answer) {
        return answered(exchange, checked -> {
            operation.check(asked);
            return answer.apply(checked);
        });
    }

    private static Future<Void> answered(Exchange exchange, Answering answer) {
        Future<Void> answered;
        try {
            answered = answer.apply(exchange);
        } catch (RuntimeException thrown) {
            answered = Future.failedFuture(thrown);
        }
        return answered.recover(exchange::refuse);
    }

    private void refuse(RoutingContext asked, Throwable wrong) {
        Reader reader = new Reader(asked.request());
        underway.add(reader, Answer.refusal(reader, wrong));
    }
}
