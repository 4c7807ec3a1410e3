package io.varve.tar;

import io.varve.failure.Failure;
import org.jspecify.annotations.Nullable;

/**
 * What the {@code GNU.sparse.} records of a member say. Format 0.0 has the map as pairs of records, 0.1 in one record,
 * and 1.0 in front of the data; only 1.0 must say which it is.
 */
final class PaxSparse {
    private static final long UNKNOWN = -1;

    private final int limit;
    private long major = UNKNOWN;
    private long minor = UNKNOWN;
    private long realSize = UNKNOWN;
    private long pieces = UNKNOWN;
    private long offset = UNKNOWN;
    private @Nullable SparseMap map;
    private byte @Nullable [] name;

    PaxSparse(int limit) {
        this.limit = limit;
    }

    void take(String key, byte[] value) {
        switch (key) {
            case "GNU.sparse.major" -> major = PaxRecords.number(key, value);
            case "GNU.sparse.minor" -> minor = PaxRecords.number(key, value);
            case "GNU.sparse.size", "GNU.sparse.realsize" -> realSize = PaxRecords.number(key, value);
            case "GNU.sparse.numblocks" -> pieces = PaxRecords.number(key, value);
            case "GNU.sparse.name" -> name = value.length == 0 ? null : PaxRecords.name(key, value);
            case "GNU.sparse.map" -> map = mapOf(value);
            case "GNU.sparse.offset" -> {
                if (offset != UNKNOWN) {
                    throw Failure.invalid(key + ": got it twice, wanted GNU.sparse.numbytes");
                }
                offset = PaxRecords.number(key, value);
            }
            case "GNU.sparse.numbytes" -> {
                if (offset == UNKNOWN) {
                    throw Failure.invalid(key + ": got it first, wanted GNU.sparse.offset");
                }
                SparseMap growing = map;
                if (growing == null) {
                    growing = new SparseMap(limit);
                    map = growing;
                }
                growing.add(offset, PaxRecords.number(key, value));
                offset = UNKNOWN;
            }
            default -> {}
        }
    }

    /** Whether the member is a sparse file at all; stray records do not make it one. */
    boolean isSparse() {
        return major != UNKNOWN || minor != UNKNOWN || map != null || pieces != UNKNOWN;
    }

    /** The file's own name, where the member's is one made up for readers that do not know sparse files. */
    byte @Nullable [] name() {
        return name;
    }

    /** Bytes of the file, holes included. */
    long realSize() {
        if (realSize == UNKNOWN) {
            throw Failure.invalid("GNU.sparse.realsize: got none, wanted the size of the sparse file");
        }
        return realSize;
    }

    /** Whether the map stands in front of the data. */
    boolean mapInData() {
        if (major == 1 && minor == 0) {
            return true;
        }
        boolean silent = major == UNKNOWN && minor == UNKNOWN;
        if (!silent && (major != 0 || minor < 0 || minor > 1)) {
            throw Failure.invalid("sparse format: got " + major + "." + minor + ", wanted 0.0, 0.1 or 1.0");
        }
        return false;
    }

    /** The map of formats 0.0 and 0.1. */
    SparseMap map() {
        SparseMap got = map == null ? new SparseMap(limit) : map;
        if (got.count() != pieces || offset != UNKNOWN) {
            throw Failure.invalid("GNU.sparse.numblocks: got " + pieces + ", wanted the " + got.count() + " mapped");
        }
        return got;
    }

    private SparseMap mapOf(byte[] text) {
        SparseMap parsed = new SparseMap(limit);
        int at = 0;
        while (at < text.length) {
            int comma = PaxRecords.indexOf(text, (byte) ',', at, text.length);
            long from = Decimal.parse(text, at, comma);
            if (comma == text.length) {
                throw Failure.invalid("GNU.sparse.map: got an offset without a length behind it");
            }
            at = comma + 1;
            comma = PaxRecords.indexOf(text, (byte) ',', at, text.length);
            parsed.add(from, Decimal.parse(text, at, comma));
            at = comma + 1;
        }
        return parsed;
    }
}
