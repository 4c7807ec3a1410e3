package io.varve.api;

import com.fasterxml.jackson.databind.JsonNode;
import io.varve.failure.Failure;
import io.vertx.core.json.JsonObject;
import io.vertx.json.schema.Draft;
import io.vertx.json.schema.JsonSchema;
import io.vertx.json.schema.JsonSchemaOptions;
import io.vertx.json.schema.OutputFormat;
import io.vertx.json.schema.OutputUnit;
import io.vertx.json.schema.Validator;
import java.util.List;

/** What a value has to look like (JSON Schema 2020-12, as OpenAPI 3.1 has it). Any thread. */
final class Schema {
    private static final JsonSchemaOptions OPTIONS = new JsonSchemaOptions()
            .setBaseUri("https://varve.io/")
            .setDraft(Draft.DRAFT202012)
            .setOutputFormat(OutputFormat.Basic);

    /** What the library says of a field that {@code additionalProperties: false} forbids. */
    private static final String FORBIDDEN = "does not match additional properties schema";

    /** How it begins to say that something is wrong because of something in it. */
    private static final String BECAUSE = "Property ";

    /** Each keeps in its schema what it has found out about that, so no thread may have another's. */
    private final ThreadLocal<Validator> validator;

    private Schema(String schema) {
        validator = ThreadLocal.withInitial(() -> Validator.create(JsonSchema.of(new JsonObject(schema)), OPTIONS));
    }

    static Schema of(JsonNode schema) {
        return new Schema(schema.toString());
    }

    /** What is around it is wrong because of it. */
    private static OutputUnit innermost(List<OutputUnit> errors) {
        OutputUnit innermost = errors.getFirst();
        for (OutputUnit each : errors) {
            int deeper = location(each).length() - location(innermost).length();
            if (deeper > 0 || (deeper == 0 && innermost.getError().startsWith(BECAUSE))) {
                innermost = each;
            }
        }
        return innermost;
    }

    private static String location(OutputUnit error) {
        return error.getInstanceLocation() == null ? "#" : error.getInstanceLocation();
    }

    /** @throws Failure Invalid, naming the place in it */
    void check(Object value, String name) {
        OutputUnit found = validator.get().validate(value);
        if (Boolean.TRUE.equals(found.getValid())) {
            return;
        }
        OutputUnit error = innermost(found.getErrors() == null ? List.of(found) : found.getErrors());
        String location = location(error);
        String place = location.length() > 2 ? location.substring(2).replace('/', '.') : "";
        if (error.getError().endsWith(FORBIDDEN)) {
            throw Failure.invalid(name + ": there is no field " + place);
        }
        throw Failure.invalid(name + (place.isEmpty() ? "" : " " + place) + ": "
                + error.getError().replaceFirst("\\.$", ""));
    }
}
