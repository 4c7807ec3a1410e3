package io.varve.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.http.Outgoing;
import io.varve.oci.Json;
import io.varve.store.Store;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** For whoever watches over the service. Belongs to one event loop. */
final class Health {
    private static final int OK = 200;
    private static final int UNAVAILABLE = 503;

    private final Store store;
    private final Outgoing outgoing;
    private final long freeBytes;
    private boolean draining;

    /** @param freeBytes what the disk has to have left */
    Health(Store store, Outgoing outgoing, long freeBytes) {
        this.store = store;
        this.outgoing = outgoing;
        this.freeBytes = freeBytes;
    }

    /** From now on it is not ready, so that nobody is sent here any more. */
    void drain() {
        draining = true;
    }

    /** Whether the process should go on: it answers, so it should. */
    Future<Void> live(Exchange exchange) {
        return answer(exchange, null);
    }

    /** Whether requests should be sent here: the catalogue answers, and there is room in the store. */
    Future<Void> ready(Exchange exchange) {
        if (draining) {
            return answer(exchange, "the service is about to end");
        }
        return outgoing.disk(() -> {
                    store.read(catalogue -> catalogue.tags("", "", 1));
                    requireRoom(store.standing());
                    return true;
                })
                .transform((ready, thrown) -> answer(
                        exchange, thrown == null ? null : Failure.from(thrown).getMessage()));
    }

    private void requireRoom(Path directory) {
        if (!Files.isWritable(directory)) {
            throw Failure.of(Category.UNAVAILABLE, "store " + directory + " cannot be written to");
        }
        long left = directory.toFile().getUsableSpace();
        if (left < freeBytes) {
            throw Failure.of(
                    Category.UNAVAILABLE,
                    "the disk of store " + directory + ": got " + left + " bytes left, wanted limits.freeBytes = "
                            + freeBytes);
        }
    }

    /** @param wrong null for nothing */
    private static Future<Void> answer(Exchange exchange, @Nullable String wrong) {
        ObjectNode body = Json.object().put("status", wrong == null ? "UP" : "DOWN");
        if (wrong != null) {
            body.put("wrong", wrong);
        }
        exchange.response().putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        return exchange.answer(wrong == null ? OK : UNAVAILABLE, body);
    }
}
