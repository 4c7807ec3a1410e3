package io.varve.registry;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The header {@code Content-Range} of an answer that is part of a blob.
 *
 * @param first offset of the first byte that follows
 * @param last offset of the last one
 * @param total bytes of the whole; -1 when it is not told
 */
record ContentRange(long first, long last, long total) {
    private static final Pattern GRAMMAR =
            Pattern.compile("bytes +([0-9]{1,18})-([0-9]{1,18})/(?:([0-9]{1,18})|\\*)", Pattern.CASE_INSENSITIVE);

    /** @return empty for a range that is malformed, or contradicts itself */
    static Optional<ContentRange> parse(@Nullable String text) {
        Matcher parts = GRAMMAR.matcher(text == null ? "" : text.strip());
        if (!parts.matches()) {
            return Optional.empty();
        }
        long total = parts.group(3) == null ? -1 : Long.parseLong(parts.group(3));
        ContentRange range = new ContentRange(Long.parseLong(parts.group(1)), Long.parseLong(parts.group(2)), total);
        return range.first <= range.last && (total < 0 || range.last < total) ? Optional.of(range) : Optional.empty();
    }

    long length() {
        return last - first + 1;
    }
}
