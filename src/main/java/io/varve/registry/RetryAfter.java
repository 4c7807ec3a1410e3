package io.varve.registry;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoField;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/** The header {@code Retry-After}: seconds, or a date in one of the three forms of RFC 9110, 5.6.7, also with a day of one digit. */
final class RetryAfter {
    /** More of them are no longer a wait; a cap cuts them anyway. */
    private static final Pattern SECONDS = Pattern.compile("[0-9]{1,9}");

    private static final List<DateTimeFormatter> DATES = List.of(
            format("EEE, d MMM yyyy HH:mm:ss 'GMT'"),
            new DateTimeFormatterBuilder()
                    .appendPattern("EEEE, dd-MMM-")
                    .appendValueReduced(ChronoField.YEAR, 2, 2, 1994)
                    .appendPattern(" HH:mm:ss 'GMT'")
                    .toFormatter(Locale.ENGLISH)
                    .withZone(ZoneOffset.UTC),
            format("EEE MMM ppd HH:mm:ss yyyy"));

    private RetryAfter() {}

    private static DateTimeFormatter format(String pattern) {
        return DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH).withZone(ZoneOffset.UTC);
    }

    /** How long to wait, not below zero; empty for what is neither seconds nor a date. */
    static Optional<Duration> parse(String text, Instant now) {
        String value = text.strip();
        if (SECONDS.matcher(value).matches()) {
            return Optional.of(Duration.ofSeconds(Long.parseLong(value)));
        }
        for (DateTimeFormatter date : DATES) {
            try {
                Duration wait =
                        Duration.between(now, ZonedDateTime.parse(value, date).toInstant());
                return Optional.of(wait.isNegative() ? Duration.ZERO : wait);
            } catch (DateTimeParseException e) {
                // It may be one of the other forms.
            }
        }
        return Optional.empty();
    }
}
