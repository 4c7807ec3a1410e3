package io.varve.oci;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Failure;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A value of a JSON document and the way to it from the root ({@code layers[2].digest}), so that a refusal names it. A
 * member that is null counts as one that is not there: that is how Go writes what is empty.
 */
record Field(String path, JsonNode node) {
    private static final int SHOWN = 120;

    static Field root(ObjectNode document) {
        return new Field("", document);
    }

    Field member(String name) {
        return new Field(path.isEmpty() ? name : path + "." + name, node.path(name));
    }

    boolean absent() {
        return node.isMissingNode() || node.isNull();
    }

    /** Invalid: what stands here, and what should. */
    Failure wanted(String what) {
        return Failure.invalid((path.isEmpty() ? "document" : path) + ": got " + shown(node) + ", wanted " + what);
    }

    /** This field, which must be an object. */
    ObjectNode object() {
        if (node instanceof ObjectNode object) {
            return object;
        }
        throw wanted("an object");
    }

    String text() {
        if (!node.isTextual()) {
            throw wanted("a string");
        }
        return node.textValue();
    }

    /** What {@code read} makes of this field, or null when it is absent. */
    <T> @Nullable T optional(Function<Field, T> read) {
        return absent() ? null : read.apply(this);
    }

    /** The text, or none when the field is absent. */
    String textOrEmpty() {
        return absent() ? "" : text();
    }

    boolean flag() {
        if (absent()) {
            return false;
        }
        if (!node.isBoolean()) {
            throw wanted("true or false");
        }
        return node.booleanValue();
    }

    /** A whole number from 0 to 2^63 - 1. */
    long count() {
        long value = integer();
        if (value < 0) {
            throw wanted("0 or more");
        }
        return value;
    }

    long integer() {
        if (!node.isIntegralNumber() || !node.canConvertToLong()) {
            throw wanted("a whole number of at most 64 bits");
        }
        return node.longValue();
    }

    MediaType mediaType() {
        String text = text();
        try {
            return MediaType.parse(text);
        } catch (Failure notOne) {
            throw wanted("a media type, type/subtype");
        }
    }

    Digest digest() {
        String text = text();
        try {
            return Digest.parse(text);
        } catch (Failure notOne) {
            throw wanted("sha256:<64 lower-case hex digits> or sha512:<128 lower-case hex digits>");
        }
    }

    Instant time() {
        try {
            return OffsetDateTime.parse(text()).toInstant();
        } catch (DateTimeParseException e) {
            throw wanted("a date and time as in RFC 3339");
        }
    }

    /** What {@code read} makes of each item of this array; nothing when the field is absent. */
    <T> List<T> each(Function<Field, T> read) {
        if (absent()) {
            return List.of();
        }
        if (!node.isArray()) {
            throw wanted("an array");
        }
        List<T> items = new ArrayList<>(node.size());
        for (JsonNode item : node) {
            items.add(read.apply(new Field(path + "[" + items.size() + "]", item)));
        }
        return List.copyOf(items);
    }

    /** As {@link #each}, and the member must be there, if only as null. */
    <T> List<T> required(Function<Field, T> read) {
        if (node.isMissingNode()) {
            throw wanted("an array");
        }
        return each(read);
    }

    /** The members of an object whose values are strings, in their order; none when the field is absent. */
    Map<String, String> texts() {
        Map<String, String> texts = new LinkedHashMap<>();
        if (!absent()) {
            object().fieldNames()
                    .forEachRemaining(name -> texts.put(name, member(name).text()));
        }
        return Collections.unmodifiableMap(texts);
    }

    /** The names of an object's members, which is how the configuration writes a set; none when the field is absent. */
    Set<String> names() {
        Map<String, Boolean> names = new LinkedHashMap<>();
        if (!absent()) {
            object().fieldNames().forEachRemaining(name -> names.put(name, true));
        }
        return Collections.unmodifiableSet(names.keySet());
    }

    /** The value for a message: as JSON, cut when it is long. */
    static String shown(JsonNode node) {
        if (node.isMissingNode()) {
            return "nothing";
        }
        if (node.isContainerNode()) {
            return node.isArray() ? "an array" : "an object";
        }
        String text = node.toString();
        return text.length() <= SHOWN ? text : text.substring(0, SHOWN) + "…";
    }
}
