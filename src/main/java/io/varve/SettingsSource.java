package io.varve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.varve.failure.Failure;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Where settings come from, flattened to dotted keys. Knows which keys were asked for, so that the others can be refused:
 * a misspelt limit must not be a limit that is not there.
 */
final class SettingsSource {
    private static final String VARIABLE_PREFIX = "VARVE_";
    private static final String LIMIT_PREFIX = VARIABLE_PREFIX + "LIMITS_";

    private final Map<String, String> file;
    private final Map<String, String> environment;
    private final Set<String> asked = new HashSet<>();
    private final Set<String> askedVariables = new HashSet<>();

    private SettingsSource(Map<String, String> file, Map<String, String> environment) {
        this.file = file;
        this.environment = environment;
    }

    static SettingsSource of(@Nullable Path file, Map<String, String> environment) {
        Map<String, String> values = new TreeMap<>();
        if (file != null) {
            try {
                if (!Files.isRegularFile(file)) {
                    throw Failure.notFound("there is no such file");
                }
                JsonNode root = new YAMLMapper().readTree(file.toFile());
                if (root != null && !root.isMissingNode() && !root.isNull()) {
                    flatten("", root, values);
                }
            } catch (IOException e) {
                throw Failure.invalid(String.valueOf(e.getMessage())).during("reading settings " + file);
            } catch (Failure e) {
                throw e.during("reading settings " + file);
            }
        }
        return new SettingsSource(values, environment);
    }

    String text(String key, String otherwise) {
        asked.add(key);
        String variable = variable(key);
        askedVariables.add(variable);
        String fromEnvironment = environment.get(variable);
        if (fromEnvironment != null && !fromEnvironment.isEmpty()) {
            return fromEnvironment;
        }
        String fromFile = file.get(key);
        return fromFile == null || fromFile.isEmpty() ? otherwise : fromFile;
    }

    int integer(String key, int otherwise) {
        return (int) number(key, otherwise, Integer.MAX_VALUE);
    }

    /** A room's limits: each component of the record is the setting {@code limits.<its name>}. */
    <T extends Record> T limits(T defaults) {
        RecordComponent[] components = defaults.getClass().getRecordComponents();
        Class<?>[] types = new Class<?>[components.length];
        Object[] values = new Object[components.length];
        try {
            for (int i = 0; i < components.length; i++) {
                types[i] = components[i].getType();
                long otherwise = ((Number) components[i].getAccessor().invoke(defaults)).longValue();
                String key = "limits." + components[i].getName();
                if (types[i] == int.class) {
                    values[i] = integer(key, (int) otherwise);
                } else {
                    values[i] = number(key, otherwise, Long.MAX_VALUE);
                }
            }
            @SuppressWarnings("unchecked")
            Constructor<T> constructor = (Constructor<T>) defaults.getClass().getDeclaredConstructor(types);
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            throw Failure.from(e.getTargetException());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("limits are public records of numbers", e);
        }
    }

    /** @throws Failure Invalid naming the first setting that nobody asked for */
    void refuseUnknown() {
        for (Map.Entry<String, String> given : file.entrySet()) {
            String key = given.getKey();
            // "limits:" with nothing below it says nothing, as does "workers:".
            boolean group = given.getValue().isEmpty() && asked.stream().anyMatch(each -> each.startsWith(key + "."));
            if (!asked.contains(key) && !group) {
                throw Failure.invalid("there is no setting " + key).during("reading settings");
            }
        }
        for (String variable : environment.keySet()) {
            if (variable.startsWith(LIMIT_PREFIX) && !askedVariables.contains(variable)) {
                throw Failure.invalid("there is no setting for the variable " + variable)
                        .during("reading settings");
            }
        }
    }

    private long number(String key, long otherwise, long most) {
        String text = text(key, Long.toString(otherwise)).replace("_", "");
        try {
            long value = Long.parseLong(text);
            if (value >= 0 && value <= most) {
                return value;
            }
        } catch (NumberFormatException e) {
            // Told below, as any other value that will not do.
        }
        throw Failure.invalid(key + ": got " + text + ", wanted a number from 0 to " + most)
                .during("reading settings");
    }

    private static void flatten(String prefix, JsonNode node, Map<String, String> into) {
        if (node.isObject()) {
            node.properties()
                    .forEach(field -> flatten(
                            prefix.isEmpty() ? field.getKey() : prefix + "." + field.getKey(), field.getValue(), into));
        } else if (node.isValueNode()) {
            into.put(prefix, node.isNull() ? "" : node.asText());
        } else {
            throw Failure.invalid((prefix.isEmpty() ? "the file" : prefix) + ": got a list, wanted a value");
        }
    }

    private static String variable(String key) {
        return VARIABLE_PREFIX
                + key.replace('.', '_').replaceAll("([a-z0-9])([A-Z])", "$1_$2").toUpperCase(Locale.ROOT);
    }
}
