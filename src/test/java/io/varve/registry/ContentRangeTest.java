package io.varve.registry;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ContentRangeTest {

    @Test
    void rangesAreUnderstood() {
        assertThat(ContentRange.parse("bytes 0-0/1")).contains(new ContentRange(0, 0, 1));
        assertThat(ContentRange.parse(" Bytes  5-99/100 ")).contains(new ContentRange(5, 99, 100));
        assertThat(ContentRange.parse("bytes 5-99/*")).contains(new ContentRange(5, 99, -1));
        assertThat(ContentRange.parse("bytes 5-99/100").orElseThrow().length()).isEqualTo(95);
        assertThat(ContentRange.parse(null)).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "bytes",
                "bytes */100",
                "bytes 5-4/100",
                "bytes 5-100/100",
                "bytes -5-99/100",
                "bytes 5-/100",
                "bytes 5-99",
                "bytes=5-99/100",
                "items 5-99/100",
                "bytes 5-99/100, 100-199/200",
                "bytes 5-99999999999999999999/*",
                "bytes 0x5-99/100"
            })
    void restIsNot(String text) {
        assertThat(ContentRange.parse(text)).isEmpty();
    }
}
