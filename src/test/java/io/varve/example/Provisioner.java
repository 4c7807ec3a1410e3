package io.varve.example;

import io.varve.Settings;
import io.varve.Varve;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import io.vertx.core.eventbus.ReplyException;
import io.vertx.core.json.JsonObject;
import java.util.Arrays;

/**
 * An application with Varve inside: whoever needs an image says so at {@code application.needs} on the event bus, by its name, and is
 * answered with its digest once it is in the store.
 */
public final class Provisioner extends VerticleBase {
    /** Where images are asked for. */
    public static final String NEEDS = "application.needs";

    public static void main(String[] arguments) {
        Vertx vertx = Vertx.vertx();
        Varve.deploy(vertx, Settings.load(null, System.getenv()))
                .onSuccess(varve -> varve.watchStore(event -> System.out.println(event.encode())))
                .compose(varve -> vertx.deployVerticle(new Provisioner()))
                .compose(deployed -> Future.join(Arrays.stream(arguments)
                        .map(image -> vertx.eventBus().request(NEEDS, image))
                        .toList()))
                .onFailure(thrown -> System.err.println(thrown.getMessage()))
                .onComplete(done -> vertx.close());
    }

    @Override
    public Future<?> start() {
        return vertx.eventBus()
                .<String>consumer(
                        NEEDS,
                        needed -> vertx.eventBus()
                                .<JsonObject>request("varve.image.pull", new JsonObject().put("image", needed.body()))
                                .map(job -> job.body().getJsonObject("result").getString("digest"))
                                .onComplete(needed::reply, thrown -> needed.fail(code(thrown), thrown.getMessage())))
                .completion();
    }

    /** Of the category, so that those who ask know what kind of failure it is. */
    private static int code(Throwable thrown) {
        return thrown instanceof ReplyException refused ? refused.failureCode() : -1;
    }
}
