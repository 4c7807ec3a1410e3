package io.varve.encode;

/** One way to compress a stream segment by segment. Safe for any thread: segments of one stream are encoded at once. */
sealed interface Encoder permits GzipEncoder, ZstdEncoder {
    /** Bytes of a segment, but for the last one. */
    int segmentBytes();

    /** Bytes before a segment that it may refer to, at most. */
    int historyBytes();

    /** What stands in front of the first segment. */
    byte[] head();

    /**
     * A segment, as it stands behind those before it.
     *
     * @param bytes with the history in front; never written to
     * @param from where the segment begins, and its history ends
     */
    Encoded encode(byte[] bytes, int from, int to);

    /** What stands behind the last segment. */
    byte[] tail(Sum sum);

    /** The first {@code length} bytes. */
    record Encoded(byte[] bytes, int length) {}

    /**
     * Of all that was encoded.
     *
     * @param crc CRC-32
     */
    record Sum(int crc, long bytes) {}
}
