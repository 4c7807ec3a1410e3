package io.varve.registry;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RetryAfterTest {
    private static final Instant NOW = Instant.parse("1994-11-06T08:49:00Z");

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "0|0",
                "120|120",
                "  7 |7",
                "Sun, 06 Nov 1994 08:49:37 GMT|37",
                "Sun, 6 Nov 1994 08:49:37 GMT|37",
                "Sunday, 06-Nov-94 08:49:37 GMT|37",
                "Sun Nov  6 08:49:37 1994|37",
                "Sun, 06 Nov 1994 09:49:00 GMT|3600",
                "Sun, 06 Nov 1994 08:48:59 GMT|0"
            })
    void secondsAndDatesAreUnderstood(String text, long seconds) {
        assertThat(RetryAfter.parse(text, NOW)).contains(Duration.ofSeconds(seconds));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "-1", "1.5", "soon", "99999999999", "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:49:37 CET"})
    void restIsNot(String text) {
        assertThat(RetryAfter.parse(text, NOW)).isEmpty();
    }
}
