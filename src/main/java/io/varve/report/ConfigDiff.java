package io.varve.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.oci.ImageConfig;
import io.varve.oci.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What changed from one configuration to another, but for its layers and its history. */
public final class ConfigDiff {
    /** Told by the trees, or of how an image came about and not of what it is. */
    private static final Set<String> LEFT_OUT = Set.of("rootfs", "history", "container", "container_config", "id");

    private ConfigDiff() {}

    /**
     * One field, in the order of their names.
     *
     * @param field {@code config.Cmd}; of the environment and of maps one for each name, {@code config.Env.PATH}
     * @param from as text, or as JSON where it is none; null for what was not there, {@code to} likewise
     */
    public record Change(
            String field, @Nullable String from, @Nullable String to) {}

    public static List<Change> of(ImageConfig from, ImageConfig to) {
        SortedMap<String, String> before = fields(from);
        SortedMap<String, String> after = fields(to);
        Set<String> all = new TreeSet<>(before.keySet());
        all.addAll(after.keySet());
        List<Change> changes = new ArrayList<>();
        for (String field : all) {
            if (!Objects.equals(before.get(field), after.get(field))) {
                changes.add(new Change(field, before.get(field), after.get(field)));
            }
        }
        return changes;
    }

    private static SortedMap<String, String> fields(ImageConfig config) {
        SortedMap<String, String> fields = new TreeMap<>();
        ObjectNode json = config.toJson();
        json.remove(LEFT_OUT);
        add(fields, "", json);
        return fields;
    }

    private static void add(SortedMap<String, String> fields, String prefix, ObjectNode object) {
        for (Map.Entry<String, JsonNode> member : object.properties()) {
            String name = prefix + member.getKey();
            JsonNode value = member.getValue();
            if (name.equals("config.Env") && value.isArray()) {
                value.forEach(variable -> variable(fields, variable.asText()));
            } else if (value instanceof ObjectNode inner) {
                // A set is an object whose members have nothing in them.
                if (inner.isEmpty() && !prefix.isEmpty()) {
                    fields.put(name, "");
                }
                add(fields, name + ".", inner);
            } else if (!value.isNull()) {
                fields.put(name, value.isTextual() ? value.textValue() : Json.text(value));
            }
        }
    }

    private static void variable(SortedMap<String, String> fields, String variable) {
        int equals = variable.indexOf('=');
        fields.put("config.Env." + variable.substring(0, equals), variable.substring(equals + 1));
    }
}
