package io.varve.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Failure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The documents that the tests of opencontainers/image-spec hold valid or invalid, and the examples of its text. */
class JsonCorpusTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    /** The schema wants a layer; registries are pushed manifests without, so it is no reason to refuse one. */
    private static final Set<String> ACCEPTED_ALL_THE_SAME = Set.of("invalid/manifest-05.invalid.json");

    @TestFactory
    Stream<DynamicTest> agreesWithImageSpec() throws IOException {
        return Corpora.tests("image-spec-json", corpus -> {
            JsonNode cases = MAPPER.readTree(corpus.resolve("cases.json").toFile());
            return StreamSupport.stream(cases.spliterator(), false)
                    .map(each -> DynamicTest.dynamicTest(each.path("file").asText(), () -> check(corpus, each)));
        });
    }

    private static void check(Path corpus, JsonNode each) throws IOException {
        String file = each.path("file").asText();
        byte[] bytes = Files.readAllBytes(corpus.resolve(file));
        String type = each.path("mediaType").asText();
        if (each.path("expect").asText().equals("valid") || ACCEPTED_ALL_THE_SAME.contains(file)) {
            assertThat(parsed(type, bytes)).isEqualTo(MAPPER.readTree(bytes));
        } else {
            assertThatThrownBy(() -> parsed(type, bytes))
                    .isInstanceOf(Failure.class)
                    .hasMessageStartingWith("Invalid: ");
        }
    }

    private static ObjectNode parsed(String type, byte[] bytes) {
        return switch (type) {
            case "application/vnd.oci.descriptor.v1+json", "application/vnd.oci.empty.v1+json" ->
                new Descriptor(Field.root(Json.read(bytes, Json.DEFAULT_LIMIT))).toJson();
            case "application/vnd.oci.image.config.v1+json" ->
                ImageConfig.parse(bytes, Json.DEFAULT_LIMIT).toJson();
            case "application/vnd.oci.layout.header.v1+json" -> Json.read(bytes, Json.DEFAULT_LIMIT);
            default -> Document.parse(bytes, Json.DEFAULT_LIMIT).toJson();
        };
    }
}
