package io.varve.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * {@code openapi.yaml}: what there is to be asked, and what a question has to look like (OpenAPI 3.1). The router is made of it, so
 * that nothing is answered that it does not say. Immutable.
 */
final class Contract {
    private static final String RESOURCE = "/openapi.yaml";
    private static final String REFERENCE = "$ref";
    private static final String PARAMETERS = "parameters";

    private final byte[] yaml;
    private final List<Operation> operations;

    private Contract(byte[] yaml, List<Operation> operations) {
        this.yaml = yaml;
        this.operations = List.copyOf(operations);
    }

    /** Reads the one that comes with us. Blocks. */
    static Contract read() {
        byte[] yaml = Resource.read(RESOURCE);
        try {
            return of(yaml);
        } catch (IOException e) {
            throw new UncheckedIOException("the contract is YAML", e);
        }
    }

    private static Contract of(byte[] yaml) throws IOException {
        JsonNode root = new YAMLMapper().readTree(yaml);
        List<Operation> operations = new ArrayList<>();
        for (Map.Entry<String, JsonNode> path : root.get("paths").properties()) {
            for (Map.Entry<String, JsonNode> member : path.getValue().properties()) {
                if (!member.getKey().equals(PARAMETERS)) {
                    ObjectNode operation = member.getValue().deepCopy();
                    ArrayNode parameters = operation.withArray(PARAMETERS);
                    path.getValue().path(PARAMETERS).forEach(parameters::add);
                    operations.add(
                            Operation.of(member.getKey(), path.getKey(), (ObjectNode) resolved(operation, root)));
                }
            }
        }
        return new Contract(yaml, operations);
    }

    /** With what is meant in the place of each reference; none leads to itself. */
    private static JsonNode resolved(JsonNode node, JsonNode root) {
        if (node instanceof ObjectNode object) {
            JsonNode reference = object.get(REFERENCE);
            if (reference != null) {
                return resolved(root.at(reference.textValue().substring(1)), root);
            }
            ObjectNode copy = object.objectNode();
            object.properties().forEach(member -> copy.set(member.getKey(), resolved(member.getValue(), root)));
            return copy;
        }
        if (node instanceof ArrayNode array) {
            ArrayNode copy = array.arrayNode();
            array.forEach(item -> copy.add(resolved(item, root)));
            return copy;
        }
        return node;
    }

    byte[] yaml() {
        return yaml.clone();
    }

    Map<String, Operation> byId() {
        return operations.stream().collect(Collectors.toMap(Operation::id, Function.identity()));
    }

    List<Operation> operations() {
        return operations;
    }
}
