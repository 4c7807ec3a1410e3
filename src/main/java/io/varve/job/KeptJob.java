package io.varve.job;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.catalogue.JobRecord;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Json;
import io.vertx.core.Future;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** A job that ended before, as it was recorded. */
final class KeptJob implements Job {
    private final JobRecord record;

    KeptJob(JobRecord record) {
        this.record = record;
    }

    @Override
    public String id() {
        return record.id();
    }

    @Override
    public String caller() {
        return record.caller();
    }

    /** The digest of what was asked. */
    String request() {
        return record.request();
    }

    @Override
    public State state() {
        return record.state().equals(State.DONE.toString()) ? State.DONE : State.FAILED;
    }

    @Override
    public @Nullable Failure failure() {
        JsonNode problem = told().get("problem");
        if (problem == null) {
            return null;
        }
        String word = problem.path("category").asText();
        Category category = Arrays.stream(Category.values())
                .filter(each -> each.toString().equals(word))
                .findFirst()
                .orElse(Category.INTERNAL);
        return Failure.of(category, problem.path("detail").asText());
    }

    @Override
    public ObjectNode told() {
        return read(record);
    }

    /** What was told of it; ours, whatever its size. */
    static ObjectNode read(JobRecord record) {
        byte[] told = record.told().getBytes(StandardCharsets.UTF_8);
        return Json.read(told, told.length);
    }

    @Override
    public News news(long known) {
        return new News(Math.max(known, 1), state(), told(), true);
    }

    @Override
    public Future<Void> changed(long known) {
        return Future.succeededFuture();
    }

    @Override
    public Future<Void> ended() {
        return Future.succeededFuture();
    }

    @Override
    public void leave(Future<Void> waiter) {}

    @Override
    public int waiting() {
        return 0;
    }
}
