package io.varve.benchmark.regress;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.oci.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;

/** The advantages that were kept for later runs to be compared with: one set for each form and kind of machine. */
final class Recorded {
    private static final String RECORDS = "records";

    private final List<JsonNode> records = new ArrayList<>();

    /** What the file has; nothing if there is none. */
    static Recorded in(Path file) throws IOException {
        Recorded recorded = new Recorded();
        if (Files.exists(file)) {
            Json.read(Files.readAllBytes(file), Json.DEFAULT_LIMIT)
                    .path(RECORDS)
                    .forEach(recorded.records::add);
        }
        return recorded;
    }

    /** What there was of this form on a machine like this. */
    OptionalDouble advantage(Form form, Machine machine, Measure measure) {
        return records.stream()
                .filter(record -> isOf(record, form, machine))
                .findFirst()
                .map(record -> record.path("advantages").path(measure.key()))
                .filter(JsonNode::isNumber)
                .map(advantage -> OptionalDouble.of(advantage.doubleValue()))
                .orElse(OptionalDouble.empty());
    }

    /** In place of what there was of this form on a machine like this. */
    void keep(Form form, Machine machine, ObjectNode record) {
        records.removeIf(old -> isOf(old, form, machine));
        records.add(record);
    }

    void write(Path file) throws IOException {
        ObjectNode json = Json.object();
        json.putArray(RECORDS).addAll(records);
        Report.write(file, json);
    }

    private static boolean isOf(JsonNode record, Form form, Machine machine) {
        return record.path("form").asText().equals(form.name()) && machine.isLike(Machine.of(record.path("machine")));
    }
}
