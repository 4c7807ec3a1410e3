package io.varve.build;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Failure;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A value of a spec and the way to it ({@code layers[2].files[0].mode}), so that a refusal names it. */
record SpecField(String place, JsonNode node) {
    private static final int SHOWN = 120;
    private static final Pattern DURATION = Pattern.compile("([0-9]{1,9})(ms|s|m|h)");
    /** As a number of nanoseconds has it. */
    private static final Duration LONGEST = Duration.ofNanos(Long.MAX_VALUE);

    /** Years have four digits. */
    private static final Instant FIRST = Instant.parse("0000-01-01T00:00:00Z");

    private static final Instant AFTER_LAST = Instant.parse("+10000-01-01T00:00:00Z");

    private static final int NAME_BYTES = 255;
    private static final int PATH_BYTES = 4095;

    static SpecField root(ObjectNode spec) {
        return new SpecField("", spec);
    }

    SpecField member(String name) {
        return new SpecField(place.isEmpty() ? name : place + "." + name, node.path(name));
    }

    /** Null counts as nothing, but for what {@link #textsOrNull} reads. */
    boolean isThere() {
        return !node.isMissingNode() && !node.isNull();
    }

    Failure wanted(String what) {
        return Failure.invalid((place.isEmpty() ? "spec" : place) + ": got " + shown() + ", wanted " + what);
    }

    Failure unknown(String name) {
        return Failure.invalid((place.isEmpty() ? "spec" : place) + ": there is no field " + name);
    }

    private String shown() {
        if (node.isMissingNode()) {
            return "nothing";
        }
        if (node.isContainerNode()) {
            return node.isArray() ? "an array of " + node.size() : "an object";
        }
        String text = node.toString();
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
    }

    /** What is made of it, and refused as this field. */
    <T> T as(Supplier<T> making) {
        try {
            return making.get();
        } catch (Failure e) {
            throw e.during(place);
        }
    }

    <T> @Nullable T optional(Function<SpecField, T> read) {
        return isThere() ? read.apply(this) : null;
    }

    /** The names of its members, in their order; none when it is not there. */
    Set<String> names() {
        if (!isThere()) {
            return Set.of();
        }
        if (!node.isObject()) {
            throw wanted("an object");
        }
        Map<String, Boolean> names = new LinkedHashMap<>();
        node.fieldNames().forEachRemaining(name -> names.put(name, true));
        return names.keySet();
    }

    /** Refuses members of other names. */
    void allow(String... allowed) {
        for (String name : names()) {
            if (!List.of(allowed).contains(name)) {
                throw unknown(name);
            }
        }
    }

    String text() {
        if (!node.isTextual()) {
            throw wanted("a string");
        }
        return node.textValue();
    }

    /** A text that names something: not empty, and without NUL. */
    String named() {
        if (text().isEmpty() || text().indexOf('\0') >= 0) {
            throw wanted("a name");
        }
        return text();
    }

    boolean flag() {
        if (!isThere()) {
            return false;
        }
        if (!node.isBoolean()) {
            throw wanted("true or false");
        }
        return node.booleanValue();
    }

    /** From 0 to {@code most}. */
    long number(long most) {
        if (!node.isIntegralNumber() || !node.canConvertToLong() || node.longValue() < 0 || node.longValue() > most) {
            throw wanted("a whole number from 0 to " + most);
        }
        return node.longValue();
    }

    /** This field, which is an array of no more than that. */
    SpecField atMost(int items) {
        if (node.size() > items) {
            throw wanted("an array of no more than " + items);
        }
        return this;
    }

    <T> List<T> each(Function<SpecField, T> read) {
        if (!isThere()) {
            return List.of();
        }
        if (!node.isArray()) {
            throw wanted("an array");
        }
        List<T> items = new ArrayList<>(node.size());
        for (JsonNode item : node) {
            items.add(read.apply(new SpecField(place + "[" + items.size() + "]", item)));
        }
        return List.copyOf(items);
    }

    Map<String, String> texts() {
        Map<String, String> texts = new LinkedHashMap<>();
        names().forEach(name -> texts.put(name, member(name).text()));
        return Collections.unmodifiableMap(texts);
    }

    /** Where a null value has a meaning. */
    Map<String, @Nullable String> textsOrNull() {
        Map<String, @Nullable String> texts = new LinkedHashMap<>();
        names().forEach(name -> texts.put(name, member(name).optional(SpecField::text)));
        return Collections.unmodifiableMap(texts);
    }

    byte[] base64() {
        try {
            return Base64.getDecoder().decode(text());
        } catch (IllegalArgumentException e) {
            throw wanted("base64");
        }
    }

    /** In whole seconds: files of a tar have no finer ones without need. */
    Instant time() {
        try {
            Instant time = OffsetDateTime.parse(text()).toInstant();
            if (!time.isBefore(FIRST) && time.isBefore(AFTER_LAST)) {
                return time;
            }
        } catch (DateTimeException e) {
            // Told below, as one that is too far away.
        }
        throw wanted("a date and time as in RFC 3339");
    }

    /** {@code 30s}, {@code 1m}, or a number of nanoseconds as configurations have it; 0 when it is not there. */
    long nanos() {
        if (!isThere()) {
            return 0;
        }
        if (node.isIntegralNumber()) {
            return number(Long.MAX_VALUE);
        }
        Matcher parts = DURATION.matcher(text());
        if (!parts.matches()) {
            throw wanted("a number with ms, s, m or h behind it");
        }
        long count = Long.parseLong(parts.group(1));
        Duration time =
                switch (parts.group(2)) {
                    case "ms" -> Duration.ofMillis(count);
                    case "s" -> Duration.ofSeconds(count);
                    case "m" -> Duration.ofMinutes(count);
                    default -> Duration.ofHours(count);
                };
        if (time.compareTo(LONGEST) > 0) {
            throw wanted("no more than " + LONGEST.toHours() + "h");
        }
        return time.toNanos();
    }

    /**
     * A path of the image, without slashes in front and at its end, empty components and dots; empty for the root. One that leads above
     * the root is refused, wherever it would come back to.
     */
    String path() {
        if (text().isEmpty() || text().indexOf('\0') >= 0) {
            throw wanted("a path");
        }
        Deque<String> names = new ArrayDeque<>();
        for (String name : text().split("/", -1)) {
            if (name.equals("..")) {
                throw wanted("a path without ..");
            }
            if (name.getBytes(StandardCharsets.UTF_8).length > NAME_BYTES) {
                throw wanted("names of " + NAME_BYTES + " bytes or fewer");
            }
            if (name.startsWith(".wh.")) {
                throw wanted("no name that begins with .wh., which takes others away (remove)");
            }
            if (!name.isEmpty() && !name.equals(".")) {
                names.add(name);
            }
        }
        String path = String.join("/", names);
        if (path.getBytes(StandardCharsets.UTF_8).length > PATH_BYTES) {
            throw wanted("a path of " + PATH_BYTES + " bytes or fewer");
        }
        return path;
    }
}
