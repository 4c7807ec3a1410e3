package io.varve.oci;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Failure;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * How the JSON documents of images are read and written. Reading is strict where two readers could otherwise disagree
 * about the same bytes: UTF-8 only, whole characters, one object and nothing behind it, no name twice in an object, bounded depth. What a
 * document says beyond what Varve knows stays in the tree, numbers digit for digit.
 */
public final class Json {
    /** The most bytes of a manifest, image index or image configuration unless {@code limits.manifestBytes} says else. */
    public static final long DEFAULT_LIMIT = 4L << 20;

    /** Image documents nest five deep; what nests deeper than this was not written to be read. */
    private static final int MAX_DEPTH = 64;

    /**
     * A document may have one value for so many of the bytes that it may have, or that it may have by default where that is more: values
     * of two bytes take fifty times as much memory. Entries of image indexes have 40 bytes for each of theirs.
     */
    private static final int BYTES_OF_A_VALUE = 32;

    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    /** Trees are read and written node by node: to set up an object mapper takes longer than to read what we read. */
    private static final JsonFactory FORMAT = JsonFactory.builder()
            .streamReadConstraints(
                    StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
            .build();

    private static final char REPLACEMENT = '\uFFFD';

    private Json() {}

    /**
     * @param limit the most bytes to look at
     * @throws Failure Exceeded above the limit or with too many values, Invalid with the byte offset when the bytes are not one JSON object
     */
    public static ObjectNode read(byte[] bytes, long limit) {
        return (ObjectNode) read(bytes, limit, JsonToken.START_OBJECT, "object");
    }

    /** The same of a document that is one array. */
    public static ArrayNode readArray(byte[] bytes, long limit) {
        return (ArrayNode) read(bytes, limit, JsonToken.START_ARRAY, "array");
    }

    private static JsonNode read(byte[] bytes, long limit, JsonToken start, String wanted) {
        if (bytes.length > limit) {
            throw Failure.exceeded("bytes of a JSON document", bytes.length, limit, "limits.manifestBytes");
        }
        String text = utf8(bytes);
        try (JsonParser parser = FORMAT.createParser(text)) {
            Reading reading =
                    new Reading(parser, text.contains("\\u"), Math.max(limit, DEFAULT_LIMIT) / BYTES_OF_A_VALUE);
            if (parser.nextToken() != start) {
                JsonToken got = parser.currentToken();
                throw Failure.invalid("JSON: got " + (got == null ? "nothing" : Field.shown(reading.value()))
                        + ", wanted an " + wanted);
            }
            JsonNode read = reading.value();
            if (parser.nextToken() != null) {
                throw Failure.invalid("JSON at byte " + offset(parser.currentTokenLocation(), text)
                        + ": got more behind the " + wanted + ", wanted its end");
            }
            return read;
        } catch (JsonProcessingException e) {
            throw Failure.invalid("JSON at byte " + offset(e.getLocation(), text) + ": " + firstLine(e));
        } catch (IOException e) {
            throw new UncheckedIOException("a text in memory can be read", e);
        }
    }

    /** One document while it is read. */
    private static final class Reading {
        private final JsonParser parser;
        private final boolean escapes;
        private final long mostValues;
        private long values;

        /** @param escapes whether there are any by which a text could get half of a character */
        private Reading(JsonParser parser, boolean escapes, long mostValues) {
            this.parser = parser;
            this.escapes = escapes;
            this.mostValues = mostValues;
        }

        /** The value that the parser stands on; it ends on the value's last token. Depth is the parser's to bound. */
        private JsonNode value() throws IOException {
            if (++values > mostValues) {
                throw Failure.exceeded("values of a JSON document", values, mostValues, "limits.manifestBytes");
            }
            return switch (parser.currentToken()) {
                case START_OBJECT -> object();
                case START_ARRAY -> {
                    ArrayNode array = NODES.arrayNode();
                    while (parser.nextToken() != JsonToken.END_ARRAY) {
                        array.add(value());
                    }
                    yield array;
                }
                case VALUE_STRING -> NODES.textNode(whole(parser.getText()));
                case VALUE_NUMBER_INT ->
                    switch (parser.getNumberType()) {
                        case INT -> NODES.numberNode(parser.getIntValue());
                        case LONG -> NODES.numberNode(parser.getLongValue());
                        default -> NODES.numberNode(parser.getBigIntegerValue());
                    };
                // Not as a double, which would not keep all digits.
                case VALUE_NUMBER_FLOAT -> NODES.numberNode(parser.getDecimalValue());
                case VALUE_TRUE -> NODES.booleanNode(true);
                case VALUE_FALSE -> NODES.booleanNode(false);
                case VALUE_NULL -> NODES.nullNode();
                case null -> throw new JsonEOFException(parser, null, "got the end of the document, wanted more of it");
                default -> throw new IllegalStateException("no value begins with " + parser.currentToken());
            };
        }

        private ObjectNode object() throws IOException {
            ObjectNode object = NODES.objectNode();
            for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
                parser.nextToken();
                object.set(whole(name), value());
            }
            return object;
        }

        /** Half of a character is one that UTF-8 has no bytes for, so it could be written nowhere. */
        private String whole(String text) throws IOException {
            if (escapes
                    && text.codePoints()
                            .anyMatch(each -> each <= Character.MAX_SURROGATE && each >= Character.MIN_SURROGATE)) {
                throw new JsonParseException(
                        parser, "got half of a character, wanted both surrogates", parser.currentTokenLocation());
            }
            return text;
        }
    }

    /** The tree as bytes: UTF-8, no white space, members in the order of the tree, so the same tree gives the same bytes. */
    public static byte[] write(JsonNode tree) {
        ByteArrayBuilder bytes = new ByteArrayBuilder();
        try (JsonGenerator generator = FORMAT.createGenerator(bytes)) {
            write(tree, generator);
        } catch (IOException e) {
            throw new UncheckedIOException("a tree of plain JSON values can be written", e);
        }
        return bytes.toByteArray();
    }

    /** The same as text. */
    public static String text(JsonNode tree) {
        return new String(write(tree), StandardCharsets.UTF_8);
    }

    private static void write(JsonNode node, JsonGenerator out) throws IOException {
        switch (node.getNodeType()) {
            case OBJECT -> {
                out.writeStartObject();
                for (Map.Entry<String, JsonNode> member : node.properties()) {
                    out.writeFieldName(member.getKey());
                    write(member.getValue(), out);
                }
                out.writeEndObject();
            }
            case ARRAY -> {
                out.writeStartArray();
                for (JsonNode item : node) {
                    write(item, out);
                }
                out.writeEndArray();
            }
            case STRING -> out.writeString(node.textValue());
            case NUMBER -> {
                if (node.isBigDecimal()) {
                    out.writeNumber(node.decimalValue());
                } else if (node.isIntegralNumber()) {
                    out.writeNumber(node.bigIntegerValue());
                } else {
                    out.writeNumber(node.doubleValue());
                }
            }
            case BOOLEAN -> out.writeBoolean(node.booleanValue());
            case NULL -> out.writeNull();
            case BINARY, MISSING, POJO -> throw new IllegalStateException("no JSON value: " + node.getNodeType());
        }
    }

    /** An object without members. */
    public static ObjectNode object() {
        return NODES.objectNode();
    }

    private static String utf8(byte[] bytes) {
        String text = new String(bytes, StandardCharsets.UTF_8);
        // What stands in the place of bytes that are none; or the document has it itself.
        return text.indexOf(REPLACEMENT) < 0 ? text : strictly(bytes);
    }

    private static String strictly(byte[] bytes) {
        CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
        ByteBuffer in = ByteBuffer.wrap(bytes);
        try {
            return decoder.decode(in).toString();
        } catch (CharacterCodingException e) {
            throw Failure.invalid("JSON at byte " + in.position() + ": got bytes that are not UTF-8");
        }
    }

    private static int offset(JsonLocation location, String text) {
        int chars = Math.clamp(location == null ? 0 : location.getCharOffset(), 0, text.length());
        return text.substring(0, chars).getBytes(StandardCharsets.UTF_8).length;
    }

    private static String firstLine(JsonProcessingException e) {
        // Where the object began whose end is missed is said in words for programmers.
        return e.getOriginalMessage().lines().findFirst().orElse("not JSON").replaceFirst(" \\(start marker at .*", "");
    }
}
