package io.varve.tar;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.varve.failure.Failure;

/**
 * A time in a PAX record: decimal seconds since 1970 with a sign and a fraction if need be. It is kept as whole seconds
 * and the nanoseconds counted up from them, so that -0.25 is -1 and 750,000,000; finer fractions are rounded down.
 */
record PaxTime(long seconds, int nanos) {
    private static final int NANO_DIGITS = 9;
    private static final int SECOND = 1_000_000_000;

    static PaxTime parse(byte[] text) {
        try {
            return parseSigned(text);
        } catch (Failure failure) {
            throw failure.during("mtime");
        }
    }

    private static PaxTime parseSigned(byte[] text) {
        boolean negative = text.length > 0 && text[0] == '-';
        int from = negative ? 1 : 0;
        int point = from;
        while (point < text.length && text[point] != '.') {
            point++;
        }
        long seconds = Decimal.parse(text, from, point);
        int nanos = 0;
        boolean finer = false;
        for (int i = point + 1; i < Math.max(text.length, point + 1 + NANO_DIGITS); i++) {
            int digit = i < text.length ? text[i] - '0' : 0;
            if (digit < 0 || digit > 9) {
                throw Failure.invalid("got a fraction of other characters, wanted decimal digits");
            }
            if (i <= point + NANO_DIGITS) {
                nanos = 10 * nanos + digit;
            } else {
                finer |= digit > 0;
            }
        }
        if (!negative) {
            return new PaxTime(seconds, nanos);
        }
        if (finer) {
            nanos++;
        }
        if (nanos == 0) {
            return new PaxTime(-seconds, 0);
        }
        return nanos == SECOND ? new PaxTime(-seconds - 1, 0) : new PaxTime(-seconds - 1, SECOND - nanos);
    }

    /** The record's value, the shortest there is. */
    byte[] text() {
        if (nanos == 0) {
            return Long.toString(seconds).getBytes(US_ASCII);
        }
        boolean negative = seconds < 0;
        StringBuilder text = new StringBuilder();
        text.append(negative ? "-" : "")
                .append(negative ? -(seconds + 1) : seconds)
                .append('.');
        String fraction =
                Integer.toString(SECOND + (negative ? SECOND - nanos : nanos)).substring(1);
        int end = NANO_DIGITS;
        while (fraction.charAt(end - 1) == '0') {
            end--;
        }
        return text.append(fraction, 0, end).toString().getBytes(US_ASCII);
    }
}
