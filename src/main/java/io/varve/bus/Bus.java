package io.varve.bus;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.eventbus.EventBus;
import io.vertx.core.eventbus.Message;
import io.vertx.core.eventbus.MessageConsumer;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.json.JsonObject;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The event bus as the stages use it: a question goes to one who answers it, both by reference, and a failure arrives as the
 * {@link Failure} it is.
 *
 * <p>The bus has no back-pressure of its own; whoever sends many things bounds how many are unanswered, as {@link Outlet}
 * does. Safe for any thread; futures complete on the context of the one who asked.
 */
public final class Bus {
    /** A slow disk or registry makes answers late, and whoever ends says so; so nobody is given up for being slow. */
    private static final long PATIENCE_MILLIS = TimeUnit.DAYS.toMillis(7);

    private static final DeliveryOptions LOCAL = new DeliveryOptions()
            .setCodecName(LocalCodec.NAME)
            .setLocalOnly(true)
            .setSendTimeout(PATIENCE_MILLIS);

    private final Vertx vertx;
    private final EventBus events;

    /**
     * Where answers arrive first. The context of a flow takes nothing more when that has ended, and a question whose answer nobody takes
     * keeps its timer, and with it all that waits, for as long as its patience.
     */
    private final Context answers;

    private Bus(Vertx vertx) {
        this.vertx = vertx;
        events = vertx.eventBus();
        answers = ((VertxInternal) vertx).createEventLoopContext();
    }

    /** Once for each Vert.x. */
    public static Bus of(Vertx vertx) {
        vertx.eventBus().registerCodec(new LocalCodec());
        return new Bus(vertx);
    }

    /**
     * Answers the questions that come to an address, on the context of the caller, until that is undeployed.
     *
     * @param service may throw, which is an answer too
     */
    public <Q extends Local, A> MessageConsumer<Q> serve(String address, Function<Q, Future<A>> service) {
        return events.localConsumer(address, message -> answer(message, service));
    }

    private static <Q, A> void answer(Message<Q> message, Function<Q, Future<A>> service) {
        Future<A> answer;
        try {
            answer = service.apply(message.body());
        } catch (Throwable thrown) {
            answer = Future.failedFuture(thrown);
        }
        answer.onComplete(made -> reply(message, made), thrown -> reply(message, new BusFailure(Failure.from(thrown))));
    }

    private static void reply(Message<?> to, @Nullable Object answer) {
        if (to.replyAddress() != null) {
            to.reply(answer, LOCAL);
        }
    }

    /**
     * @return fails with a {@link Failure}: the one of whoever was asked, or Cancelled when nobody is there or who was there
     *     has ended
     */
    public <A> Future<A> ask(String address, Local question) {
        Context asker = context();
        Promise<A> answer = Promise.promise();
        answers.runOnContext(now -> events.<A>request(address, question, LOCAL)
                .transform((message, thrown) -> answer(message, thrown))
                .onComplete(answer));
        return Here.on(asker, answer.future());
    }

    /** The same without an answer, also when nobody is there. */
    public void tell(String address, Local fact) {
        events.send(address, fact, LOCAL);
    }

    /** The caller's: where the answers to its questions arrive. */
    Context context() {
        return vertx.getOrCreateContext();
    }

    private static <A> Future<A> answer(@Nullable Message<A> message, @Nullable Throwable thrown) {
        if (message != null) {
            return Future.succeededFuture(message.body());
        }
        return Future.failedFuture(
                switch (thrown) {
                    case BusFailure failure -> failure.failure();
                    case ReplyException gone -> Failure.of(Category.CANCELLED, "whoever was asked has ended", gone);
                    case null -> new IllegalStateException("neither an answer nor a failure");
                    default -> Failure.from(thrown);
                });
    }

    /** Tells a fact to everybody who listens at an address, in other processes too where the bus reaches them. */
    public void publish(String address, JsonObject fact) {
        events.publish(address, fact);
    }

    /** Hears the facts told at an address, on the context of the caller, until the consumer is unregistered. */
    public MessageConsumer<JsonObject> listen(String address, Consumer<JsonObject> listener) {
        return events.consumer(address, message -> listener.accept(message.body()));
    }
}
