package io.varve.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.auth.Action;
import io.varve.failure.Failure;
import io.varve.oci.Json;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.RoutingContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One thing that can be asked, by the contract. Immutable. */
final class Operation {
    private final String id;
    private final HttpMethod method;
    private final String path;
    private final List<Parameter> parameters;
    private final Map<String, Parameter> queries = new HashMap<>();
    private final List<Action> actions;
    private final @Nullable Schema body;
    private final boolean bodyRequired;

    private Operation(
            String id,
            HttpMethod method,
            String path,
            List<Parameter> parameters,
            List<Action> actions,
            @Nullable Schema body,
            boolean bodyRequired) {
        this.id = id;
        this.method = method;
        this.path = path;
        this.parameters = List.copyOf(parameters);
        this.actions = List.copyOf(actions);
        this.body = body;
        this.bodyRequired = bodyRequired;
        parameters.stream()
                .filter(parameter -> parameter.place() == Place.QUERY)
                .forEach(query -> queries.put(query.name(), query));
    }

    /** Where a parameter stands. */
    private enum Place {
        PATH,
        QUERY,
        HEADER
    }

    /** How the text of a parameter is read, by the type of its schema. */
    private enum Form {
        TEXT,
        NUMBER,
        /** Of texts: a query that may be given several times. */
        LIST;

        static Form of(JsonNode schema) {
            return switch (schema.path("type").asText()) {
                case "integer" -> NUMBER;
                case "array" -> LIST;
                default -> TEXT;
            };
        }
    }

    private record Parameter(String name, Place place, boolean required, Form form, Schema schema) {}

    /** @param json with all references resolved */
    static Operation of(String method, String path, ObjectNode json) {
        List<Parameter> parameters = new ArrayList<>();
        for (JsonNode each : json.path("parameters")) {
            JsonNode schema = each.get("schema");
            parameters.add(new Parameter(
                    each.get("name").textValue(),
                    Place.valueOf(each.get("in").textValue().toUpperCase(Locale.ROOT)),
                    each.path("required").booleanValue(),
                    Form.of(schema),
                    Schema.of(schema)));
        }
        JsonNode requestBody = json.path("requestBody");
        JsonNode schema = requestBody.at("/content/application~1json/schema");
        return new Operation(
                json.get("operationId").textValue(),
                HttpMethod.valueOf(method.toUpperCase(Locale.ROOT)),
                path,
                parameters,
                actions(json),
                schema.isMissingNode() ? null : Schema.of(schema),
                requestBody.path("required").booleanValue());
    }

    /** Who may ask is said of each, so that nobody forgets to. */
    private static List<Action> actions(ObjectNode json) {
        String id = json.get("operationId").textValue();
        JsonNode open = json.path("security");
        boolean isOpen = open.isArray() && open.isEmpty();
        String scope = json.path("x-varve-scope").asText();
        if (isOpen == !scope.isEmpty()) {
            throw new IllegalStateException("operation " + id + ": wanted either x-varve-scope or security: []");
        }
        return isOpen
                ? List.of()
                : Arrays.stream(scope.split(" ", -1))
                        .map(word -> Action.of(word)
                                .orElseThrow(() -> new IllegalStateException("operation " + id + ": no scope " + word)))
                        .toList();
    }

    /** Of which a caller must be allowed one; none when everybody may ask. */
    List<Action> actions() {
        return actions;
    }

    String id() {
        return id;
    }

    HttpMethod method() {
        return method;
    }

    /** As the router has it. */
    String route() {
        return path.replaceAll("\\{([^}]+)}", ":$1");
    }

    /** Whether it is asked for at that path, if not by another method. */
    boolean isAt(String asked) {
        return asked.matches(path.replaceAll("\\{[^}]+}", "[^/]+"));
    }

    boolean takesBody() {
        return body != null;
    }

    /** @throws Failure Invalid when a parameter is not as the contract has it, naming it */
    void check(RoutingContext asked) {
        for (String name : asked.queryParams().names()) {
            Parameter query = queries.get(name);
            if (query == null) {
                throw Failure.invalid("there is no parameter " + name);
            }
            if (query.form() != Form.LIST) {
                requireOnce(asked, name);
            }
        }
        for (Parameter each : parameters) {
            String text =
                    switch (each.place()) {
                        case PATH -> asked.pathParam(each.name());
                        case QUERY -> asked.queryParams().get(each.name());
                        case HEADER -> asked.request().getHeader(each.name());
                    };
            if (text != null) {
                Object value =
                        switch (each.form()) {
                            case TEXT -> text;
                            case NUMBER -> number(each, text);
                            case LIST -> new JsonArray(asked.queryParams().getAll(each.name()));
                        };
                each.schema().check(value, "parameter " + each.name());
            } else if (each.required()) {
                throw Failure.invalid("parameter " + each.name() + ": got none");
            }
        }
    }

    /** @throws Failure Invalid when that query parameter is given twice */
    static void requireOnce(RoutingContext asked, String name) {
        if (asked.queryParams().getAll(name).size() > 1) {
            throw Failure.invalid("parameter " + name + ": got it twice, wanted it once");
        }
    }

    private static Object number(Parameter parameter, String text) {
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            throw Failure.invalid("parameter " + parameter.name() + ": got " + text + ", wanted a whole number");
        }
    }

    /**
     * Any thread.
     *
     * @param bytes none when there is no body
     * @param most how many there may be
     * @return an object without members when there is no body and none is needed
     * @throws Failure Invalid when it is not as the contract has it, naming the place
     */
    ObjectNode body(byte[] bytes, int most) {
        if (bytes.length == 0 && bodyRequired) {
            throw Failure.invalid("body: got none, wanted a JSON object");
        }
        ObjectNode given = bytes.length == 0 ? Json.object() : Json.read(bytes, most);
        check(given);
        return given;
    }

    /** @throws Failure Invalid when the body is not as the contract has it, naming the place */
    void check(ObjectNode given) {
        if (body != null) {
            body.check(JsonObject.mapFrom(given), "body");
        }
    }
}
