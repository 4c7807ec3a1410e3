package io.varve.tar;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.varve.failure.Failure;

/** The decimal numbers of PAX records and PAX sparse maps: digits and nothing else, below 2^63. */
final class Decimal {
    private Decimal() {}

    /** @throws Failure Invalid, when {@code text[from, to)} is no such number */
    static long parse(byte[] text, int from, int to) {
        if (from == to) {
            throw Failure.invalid("got nothing, wanted a decimal number");
        }
        long value = 0;
        for (int i = from; i < to; i++) {
            if (text[i] < '0' || text[i] > '9') {
                // Long enough for every number there is.
                String got = new String(text, from, Math.min(to - from, 64), UTF_8);
                throw Failure.invalid("got \"" + got + "\", wanted a decimal number");
            }
            value = append(value, text[i]);
        }
        return value;
    }

    /** The number with one more digit behind it. */
    static long append(long value, byte digit) {
        int units = digit - '0';
        if (value > (Long.MAX_VALUE - units) / 10) {
            throw Failure.invalid("got a number of more than 63 bits");
        }
        return 10 * value + units;
    }
}
