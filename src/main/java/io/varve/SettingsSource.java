package io.varve;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.varve.failure.Failure;
import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Where settings come from, flattened to dotted keys. Knows which keys were asked for, so that the others can be refused:
 * a misspelt limit must not be a limit that is not there.
 */
final class SettingsSource {
    private static final String VARIABLE_PREFIX = "VARVE_";
    private static final String LIMIT_PREFIX = VARIABLE_PREFIX + "LIMITS_";

    private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})([smhd])");

    /** A century, which is a number of nanoseconds that one can still reckon with. */
    private static final Duration MOST_TIME = Duration.ofDays(36_500);

    /** Keys of the file whose own keys are no settings but names, so that no dots are put between them. */
    private static final Set<String> TREES = Set.of("registries", "http.auth.certificates");

    /** Keys whose values are lists of texts. */
    private static final Set<String> LISTS = Set.of("upstreams.allow", "http.buildDirectories");

    private final Map<String, String> file;
    private final Map<String, JsonNode> trees;
    private final Map<String, String> environment;
    private final Set<String> asked = new HashSet<>();
    private final Set<String> askedVariables = new HashSet<>();

    private SettingsSource(Map<String, String> file, Map<String, JsonNode> trees, Map<String, String> environment) {
        this.file = file;
        this.trees = trees;
        this.environment = environment;
    }

    static SettingsSource of(@Nullable Path file, Map<String, String> environment) {
        Map<String, String> values = new TreeMap<>();
        Map<String, JsonNode> trees = new TreeMap<>();
        if (file != null) {
            try {
                if (!Files.isRegularFile(file)) {
                    throw Failure.notFound("there is no such file");
                }
                JsonNode root = new YAMLMapper().readTree(file.toFile());
                if (root != null && !root.isMissingNode() && !root.isNull()) {
                    if (root instanceof ObjectNode object) {
                        Stream.concat(TREES.stream(), LISTS.stream()).forEach(tree -> take(object, tree, trees));
                    }
                    flatten("", root, values);
                }
            } catch (IOException e) {
                throw Failure.invalid(String.valueOf(e.getMessage())).during("reading settings " + file);
            } catch (Failure e) {
                throw e.during("reading settings " + file);
            }
        }
        return new SettingsSource(values, trees, environment);
    }

    /** What stands below a key whose keys are names; null for nothing. */
    @Nullable
    JsonNode tree(String key) {
        return trees.get(key);
    }

    private static void take(ObjectNode root, String key, Map<String, JsonNode> into) {
        ObjectNode parent = root;
        String name = key;
        for (int dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.')) {
            if (!(parent.get(name.substring(0, dot)) instanceof ObjectNode below)) {
                return;
            }
            parent = below;
            name = name.substring(dot + 1);
        }
        JsonNode taken = parent.remove(name);
        if (taken != null) {
            into.put(key, taken);
        }
    }

    /** In the file a list, in a variable with commas between them. */
    List<String> texts(String key) {
        String variable = environment.get(variable(key));
        if (variable != null && !variable.isEmpty()) {
            return Arrays.stream(variable.split(",", -1)).map(String::strip).toList();
        }
        JsonNode list = trees.get(key);
        return list == null || list.isNull() ? List.of() : texts(key, list);
    }

    /** @throws Failure Invalid when it is no list of texts */
    static List<String> texts(String key, JsonNode list) {
        List<String> texts = new ArrayList<>();
        for (JsonNode each : list) {
            if (each.isTextual()) {
                texts.add(each.textValue());
            }
        }
        if (!list.isArray() || texts.size() != list.size()) {
            throw Failure.invalid(key + ": wanted a list of texts").during("reading settings");
        }
        return texts;
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

    boolean flag(String key, boolean otherwise) {
        String text = text(key, Boolean.toString(otherwise));
        if (!text.equals("true") && !text.equals("false")) {
            throw Failure.invalid(key + ": got " + text + ", wanted true or false")
                    .during("reading settings");
        }
        return text.equals("true");
    }

    /** One of a few words: the names of the constants, in lower case. */
    <T extends Enum<T>> T word(String key, T otherwise) {
        String text = text(key, otherwise.name().toLowerCase(Locale.ROOT));
        List<String> words = new ArrayList<>();
        for (T each : otherwise.getDeclaringClass().getEnumConstants()) {
            String word = each.name().toLowerCase(Locale.ROOT);
            if (word.equals(text)) {
                return each;
            }
            words.add(word);
        }
        throw Failure.invalid(key + ": got " + text + ", wanted " + String.join(" or ", words))
                .during("reading settings");
    }

    /** A whole number with its unit: {@code 90s}, {@code 15m}, {@code 24h}, {@code 7d}. */
    Duration duration(String key, Duration otherwise) {
        String text = text(key, "");
        if (text.isEmpty()) {
            return otherwise;
        }
        Matcher parts = DURATION.matcher(text);
        if (!parts.matches()) {
            throw Failure.invalid(key + ": got " + text + ", wanted a number with s, m, h or d behind it")
                    .during("reading settings");
        }
        long count = Long.parseLong(parts.group(1));
        Duration time =
                switch (parts.group(2)) {
                    case "s" -> Duration.ofSeconds(count);
                    case "m" -> Duration.ofMinutes(count);
                    case "h" -> Duration.ofHours(count);
                    default -> Duration.ofDays(count);
                };
        if (time.compareTo(MOST_TIME) > 0) {
            throw Failure.invalid(key + ": got " + text + ", wanted at most " + MOST_TIME.toDays() + "d")
                    .during("reading settings");
        }
        return time;
    }

    /** From 0 to 2^63 - 1. */
    long amount(String key, long otherwise) {
        return number(key, otherwise, Long.MAX_VALUE);
    }

    /** A room's limits: each component of the record is the setting {@code limits.<its name>}. */
    <T extends Record> T limits(T defaults) {
        RecordComponent[] components = defaults.getClass().getRecordComponents();
        Class<?>[] types = new Class<?>[components.length];
        Object[] values = new Object[components.length];
        try {
            for (int i = 0; i < components.length; i++) {
                types[i] = components[i].getType();
                Object otherwise = components[i].getAccessor().invoke(defaults);
                String key = "limits." + components[i].getName();
                values[i] = switch (otherwise) {
                    case Integer number -> integer(key, number);
                    case Boolean flag -> flag(key, flag);
                    default -> amount(key, (Long) otherwise);
                };
            }
            @SuppressWarnings("unchecked")
            Constructor<T> constructor = (Constructor<T>) defaults.getClass().getDeclaredConstructor(types);
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            throw Failure.from(e.getTargetException());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("limits are public records of numbers and flags", e);
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
        for (String tree : TREES) {
            if (!environment.getOrDefault(variable(tree), "").isEmpty()) {
                throw Failure.invalid(
                                tree + ": got a variable " + variable(tree) + ", wanted it in the file of settings")
                        .during("reading settings");
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
