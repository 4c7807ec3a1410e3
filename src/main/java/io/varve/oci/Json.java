package io.varve.oci;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Failure;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.StandardCharsets;

/**
 * How the JSON documents of images are read and written. Reading is strict where two readers could otherwise disagree
 * about the same bytes: UTF-8 only, one object and nothing behind it, no name twice in an object, bounded depth. What a
 * document says beyond what Varve knows stays in the tree, numbers digit for digit.
 */
public final class Json {
    /** The most bytes of a manifest, image index or image configuration unless {@code limits.manifestBytes} says else. */
    public static final long DEFAULT_LIMIT = 4L << 20;

    /** Image documents nest five deep; what nests deeper than this was not written to be read. */
    private static final int MAX_DEPTH = 64;

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    private Json() {}

    /**
     * @param limit the most bytes to look at
     * @throws Failure Exceeded above the limit, Invalid with the byte offset when the bytes are not one JSON object
     */
    public static ObjectNode read(byte[] bytes, long limit) {
        if (bytes.length > limit) {
            throw Failure.exceeded("bytes of a JSON document", bytes.length, limit, "limits.manifestBytes");
        }
        String text = utf8(bytes);
        try {
            JsonNode root = MAPPER.readTree(text);
            if (root instanceof ObjectNode object) {
                return object;
            }
            throw Failure.invalid("JSON: got " + Field.shown(root) + ", wanted an object");
        } catch (JsonProcessingException e) {
            throw Failure.invalid("JSON at byte " + offset(e.getLocation(), text) + ": " + firstLine(e));
        }
    }

    /** The tree as bytes: UTF-8, no white space, members in the order of the tree, so the same tree gives the same bytes. */
    public static byte[] write(ObjectNode tree) {
        try {
            return MAPPER.writeValueAsBytes(tree);
        } catch (JsonProcessingException e) {
            throw new UncheckedIOException("a tree of plain JSON values can be written", e);
        }
    }

    /** An object without members. */
    public static ObjectNode object() {
        return JsonNodeFactory.instance.objectNode();
    }

    private static String utf8(byte[] bytes) {
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
        return e.getOriginalMessage().lines().findFirst().orElse("not JSON");
    }
}
