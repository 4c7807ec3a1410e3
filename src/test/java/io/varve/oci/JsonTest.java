package io.varve.oci;

import static java.nio.charset.StandardCharsets.UTF_16LE;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonTest {
    private static void read(String text) {
        Json.read(text.getBytes(UTF_8), 1 << 20);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"b\":1,\"a\":{\"z\":null,\"y\":[true,\"é😀\"]}}",
                "{\"n\":12345678901234567890123456789012345678901234567890}",
                "{\"n\":1.50,\"m\":-0.1000000000000000055511151231257827}",
                "{}"
            })
    void writesWhatItRead(String text) {
        assertThat(Json.text(Json.read(text.getBytes(UTF_8), 1000))).isEqualTo(text);
    }

    @Test
    void refusesANameTwiceInAnObject() {
        assertThatThrownBy(() -> read("{\"layers\":[],\"layers\":[]}"))
                .isInstanceOf(Failure.class)
                .hasMessageStartingWith("Invalid: JSON at byte ")
                .hasMessageContaining("Duplicate field 'layers'");
    }

    @Test
    void refusesWhatIsNestedTooDeep() {
        assertThatThrownBy(() -> read("{\"a\":" + "[".repeat(100_000))).isInstanceOf(Failure.class);
        assertThatThrownBy(() -> read("{\"a\":" + "[".repeat(64) + "]".repeat(64) + "}"))
                .hasMessageContaining("depth");
        read("{\"a\":" + "[".repeat(63) + "]".repeat(63) + "}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "[]",
                "1",
                "null",
                "{",
                "{} {}",
                "{}x",
                "{\"a\":1,}",
                "{'a':1}",
                "{\"a\":NaN}",
                "\uFEFF{}"
            })
    void refusesWhatIsNotOneObject(String text) {
        assertThatThrownBy(() -> read(text))
                .isInstanceOfSatisfying(
                        Failure.class, f -> assertThat(f.category()).isEqualTo(Category.INVALID));
    }

    @Test
    void countsBytesAndNotCharacters() {
        assertThatThrownBy(() -> read("{\"a\":x}")).hasMessageStartingWith("Invalid: JSON at byte 6: ");
        assertThatThrownBy(() -> read("{\"é\":x}")).hasMessageStartingWith("Invalid: JSON at byte 7: ");
    }

    @Test
    void readsNothingButUtf8() {
        assertThatThrownBy(() -> Json.read(new byte[] {'{', '"', (byte) 0xc3, '"', '}'}, 100))
                .hasMessage("Invalid: JSON at byte 2: got bytes that are not UTF-8");
        assertThatThrownBy(() -> Json.read("{}".getBytes(UTF_16LE), 100)).isInstanceOf(Failure.class);
    }

    @Test
    void looksAtNoMoreThanTheLimit() {
        assertThatThrownBy(() -> Json.read("{}".getBytes(UTF_8), 1))
                .hasMessage("Exceeded: bytes of a JSON document: got 2, at most 1 (limits.manifestBytes)");
    }

    @Test
    void readsNoMoreValuesThanAThirtySecondOfTheBytesThatThereMayBe() {
        int most = (int) Json.DEFAULT_LIMIT / 32;
        String whole = "{\"a\":[" + "1,".repeat(most - 3) + "1]}";
        assertThat(Json.read(whole.getBytes(UTF_8), 1 << 20).get("a")).hasSize(most - 2);

        byte[] more = ("{\"a\":[" + "1,".repeat(most - 2) + "1]}").getBytes(UTF_8);
        assertThatThrownBy(() -> Json.read(more, 1 << 20))
                .hasMessage("Exceeded: values of a JSON document: got 131073, at most 131072 (limits.manifestBytes)");
        assertThat(Json.read(more, 8 << 20).get("a")).hasSize(most - 1);
    }
}
