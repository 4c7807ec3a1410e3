package io.varve.encode;

import java.util.Arrays;

/**
 * A block of deflate on its way out (RFC 1951, section 3.2): bytes and matches are gathered, and written in the shortest of the three forms
 * when there are enough. Owned by one thread.
 */
final class Block {
    static final int TOKENS = 16 << 10;

    private static final int MATCH = 1 << 31;
    private static final int DISTANCE_BITS = 15;

    private static final int SYMBOLS = 286;
    private static final int DISTANCES = 30;
    private static final int END = 256;
    private static final int MOST_STORED = 65_535;
    private static final int STORED = 0;
    private static final int FIXED = 1;
    private static final int DYNAMIC = 2;
    private static final int HEAD_BITS = 3;

    /** Lengths from 3 on, each as its symbol; and what stands behind the symbol. */
    private static final int[] LENGTH_SYMBOL = new int[256];

    private static final int[] LENGTH_EXTRA = new int[SYMBOLS];
    private static final int[] LENGTH_BASE = new int[SYMBOLS];

    /** Distances from 1 to 256, then every 128th, each as its symbol. */
    private static final int[] DISTANCE_SYMBOL = new int[512];

    private static final int[] DISTANCE_EXTRA = new int[DISTANCES];
    private static final int[] DISTANCE_BASE = new int[DISTANCES];

    private static final Prefixes FIXED_SYMBOLS = Prefixes.of(fixedLengths());
    private static final Prefixes FIXED_DISTANCES = Prefixes.of(filled(DISTANCES, 5));

    static {
        int length = 0;
        for (int symbol = END + 1; symbol < SYMBOLS - 1; symbol++) {
            LENGTH_EXTRA[symbol] = Math.max(0, (symbol - 261) / 4);
            LENGTH_BASE[symbol] = length;
            for (int i = 0; i < 1 << LENGTH_EXTRA[symbol] && length < 256; i++) {
                LENGTH_SYMBOL[length++] = symbol;
            }
        }
        // The longest has a symbol to itself.
        LENGTH_SYMBOL[255] = SYMBOLS - 1;
        LENGTH_BASE[SYMBOLS - 1] = 255;
        int distance = 0;
        for (int symbol = 0; symbol < DISTANCES; symbol++) {
            DISTANCE_EXTRA[symbol] = Math.max(0, symbol / 2 - 1);
            DISTANCE_BASE[symbol] = distance;
            for (int i = 0; i < 1 << DISTANCE_EXTRA[symbol]; i++) {
                DISTANCE_SYMBOL[distance < 256 ? distance : 256 + (distance >> 7)] = symbol;
                distance++;
            }
        }
    }

    private final BitOutput out = new BitOutput();
    private final int[] tokens = new int[TOKENS];
    private final int[] symbolsOften = new int[SYMBOLS];
    private final int[] distancesOften = new int[DISTANCES];
    private final Prefixes symbols = new Prefixes(SYMBOLS, 15);
    private final Prefixes distances = new Prefixes(DISTANCES, 15);
    private final CodeLengths lengths = new CodeLengths();

    private byte[] bytes = {};
    private int count;
    // Of the bytes: where the block begins, and where it ends so far.
    private int from;
    private int to;

    private static int[] fixedLengths() {
        int[] lengths = filled(288, 8);
        Arrays.fill(lengths, 144, 256, 9);
        Arrays.fill(lengths, 256, 280, 7);
        return lengths;
    }

    private static int[] filled(int count, int value) {
        int[] all = new int[count];
        Arrays.fill(all, value);
        return all;
    }

    /** The bytes from here to there are to be told, block by block. */
    void begin(byte[] segment, int start, int end) {
        bytes = segment;
        from = start;
        to = start;
        clear();
        int length = end - start;
        // All of it stored, in blocks of as few bytes as one can have, and the empty one at its end.
        out.begin(length + 5 * (length / TOKENS + length / MOST_STORED + 2) + Long.BYTES);
    }

    void literal(int value) {
        if (count == TOKENS) {
            write();
        }
        tokens[count++] = value;
        symbolsOften[value]++;
        to++;
    }

    void match(int length, int distance) {
        if (count == TOKENS) {
            write();
        }
        tokens[count++] = MATCH | ((length - 3) << DISTANCE_BITS) | (distance - 1);
        symbolsOften[LENGTH_SYMBOL[length - 3]]++;
        distancesOften[symbolOf(distance - 1)]++;
        to += length;
    }

    private static int symbolOf(int distance) {
        return DISTANCE_SYMBOL[distance < 256 ? distance : 256 + (distance >> 7)];
    }

    /** The rest, and an empty block that ends on a byte. */
    Encoder.Encoded end() {
        if (count > 0) {
            write();
        }
        stored(from, 0);
        bytes = new byte[0];
        return out.end();
    }

    private void clear() {
        count = 0;
        Arrays.fill(symbolsOften, 0);
        Arrays.fill(distancesOften, 0);
    }

    private void write() {
        symbolsOften[END] = 1;
        symbols.fit(symbolsOften);
        distances.fit(distancesOften);
        lengths.of(symbols, SYMBOLS, distances, DISTANCES);
        long extra = extraBits();
        long dynamic = lengths.size() + size(symbols, distances) + extra;
        long fixed = size(FIXED_SYMBOLS, FIXED_DISTANCES) + extra;
        int length = to - from;
        // Where the byte that was begun ends is not known here, so a few bits more are taken for it.
        long plain = 8L * length + Math.ceilDiv(length, MOST_STORED) * (32L + HEAD_BITS + 7);
        if (plain <= Math.min(dynamic, fixed) + HEAD_BITS) {
            for (int at = from; at < to; at += MOST_STORED) {
                stored(at, Math.min(MOST_STORED, to - at));
            }
        } else if (fixed <= dynamic) {
            out.put(FIXED << 1, HEAD_BITS);
            tokens(FIXED_SYMBOLS, FIXED_DISTANCES);
        } else {
            out.put(DYNAMIC << 1, HEAD_BITS);
            lengths.write(out);
            tokens(symbols, distances);
        }
        from = to;
        clear();
    }

    private void stored(int at, int length) {
        out.put(STORED << 1, HEAD_BITS);
        out.align();
        out.put(length | (long) (~length & 0xffff) << 16, 32);
        out.copy(bytes, at, length);
    }

    private long extraBits() {
        long size = 0;
        for (int symbol = END + 1; symbol < SYMBOLS; symbol++) {
            size += (long) symbolsOften[symbol] * LENGTH_EXTRA[symbol];
        }
        for (int symbol = 0; symbol < DISTANCES; symbol++) {
            size += (long) distancesOften[symbol] * DISTANCE_EXTRA[symbol];
        }
        return size;
    }

    private long size(Prefixes ofSymbols, Prefixes ofDistances) {
        long size = 0;
        for (int symbol = 0; symbol < SYMBOLS; symbol++) {
            size += (long) symbolsOften[symbol] * ofSymbols.bits(symbol);
        }
        for (int symbol = 0; symbol < DISTANCES; symbol++) {
            size += (long) distancesOften[symbol] * ofDistances.bits(symbol);
        }
        return size;
    }

    private void tokens(Prefixes ofSymbols, Prefixes ofDistances) {
        for (int i = 0; i < count; i++) {
            int token = tokens[i];
            if (token >= 0) {
                out.put(ofSymbols.word(token), ofSymbols.bits(token));
                continue;
            }
            int length = (token & ~MATCH) >>> DISTANCE_BITS;
            int symbol = LENGTH_SYMBOL[length];
            long word = ofSymbols.word(symbol);
            int bits = ofSymbols.bits(symbol);
            word |= (long) (length - LENGTH_BASE[symbol]) << bits;
            bits += LENGTH_EXTRA[symbol];
            int distance = token & (1 << DISTANCE_BITS) - 1;
            symbol = symbolOf(distance);
            word |= (long) ofDistances.word(symbol) << bits;
            bits += ofDistances.bits(symbol);
            word |= (long) (distance - DISTANCE_BASE[symbol]) << bits;
            out.put(word, bits + DISTANCE_EXTRA[symbol]);
        }
        out.put(ofSymbols.word(END), ofSymbols.bits(END));
    }
}
