package io.varve.http;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Which bytes of something a caller wants (RFC 9110, section 14). */
public sealed interface ByteRange {
    /** All, because nothing else was said, or nothing that is understood here. */
    enum Whole implements ByteRange {
        WHOLE
    }

    /** @param last the last byte, not the one behind it */
    record Part(long first, long last) implements ByteRange {
        public long length() {
            return last - first + 1;
        }
    }

    /** Bytes that there are none of. */
    enum Beyond implements ByteRange {
        BEYOND
    }

    /** Several parts, in the order in which they were asked for. */
    record Several(List<Part> parts) implements ByteRange {}

    Pattern UNIT = Pattern.compile("(?i:bytes)=(.*)");
    Pattern SINGLE = Pattern.compile("[ \\t]*([0-9]*)-([0-9]*)[ \\t]*");

    /** More at once are not understood: nobody needs them but to make much of little. */
    int MOST_PARTS = 16;

    /** @param header {@code Range}; null when there is none */
    static ByteRange of(@Nullable String header, long size) {
        Matcher unit = UNIT.matcher(header == null ? "" : header);
        if (!unit.matches()) {
            return Whole.WHOLE;
        }
        String[] ranges = unit.group(1).split(",", -1);
        if (ranges.length > MOST_PARTS) {
            return Whole.WHOLE;
        }
        List<Part> parts = new ArrayList<>();
        long bytes = 0;
        for (String each : ranges) {
            switch (single(each, size)) {
                case Whole whole -> {
                    return whole;
                }
                case Part part -> {
                    parts.add(part);
                    bytes += part.length();
                }
                // What there is of the others is given.
                case Beyond beyond -> {}
                case Several several -> throw new IllegalStateException("a single one is not several");
            }
        }
        if (parts.isEmpty()) {
            return Beyond.BEYOND;
        }
        if (parts.size() == 1) {
            return parts.getFirst();
        }
        // Overlapping ones come to more than all of it.
        return bytes > size ? Whole.WHOLE : new Several(parts);
    }

    private static ByteRange single(String text, long size) {
        Matcher range = SINGLE.matcher(text);
        if (!range.matches() || (range.group(1).isEmpty() && range.group(2).isEmpty())) {
            return Whole.WHOLE;
        }
        if (range.group(1).isEmpty()) {
            long count = Math.min(number(range.group(2)), size);
            return count == 0 ? Beyond.BEYOND : new Part(size - count, size - 1);
        }
        long first = number(range.group(1));
        long last = range.group(2).isEmpty() ? Long.MAX_VALUE : number(range.group(2));
        if (last < first) {
            return Whole.WHOLE;
        }
        return first >= size ? Beyond.BEYOND : new Part(first, Math.min(last, size - 1));
    }

    /** No content has more bytes than fit into a long, so larger numbers are all the same. */
    private static long number(String digits) {
        try {
            return Long.parseLong(digits);
        } catch (NumberFormatException e) {
            return Long.MAX_VALUE;
        }
    }
}
