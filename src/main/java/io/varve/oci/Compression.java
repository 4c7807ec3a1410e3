package io.varve.oci;

import io.varve.failure.Failure;

/** How the tar of a layer is compressed in its blob. */
public enum Compression {
    NONE("plain"),
    GZIP("gzip"),
    ZSTD("zstd");

    private final String word;

    Compression(String word) {
        this.word = word;
    }

    /** @throws Failure Invalid for what is neither gzip nor zstd */
    public static Compression parse(String word) {
        return switch (word) {
            case "gzip" -> GZIP;
            case "zstd" -> ZSTD;
            default -> throw Failure.invalid("compression: got " + word + ", wanted gzip or zstd");
        };
    }

    /** As a message has it. */
    @Override
    public String toString() {
        return word;
    }
}
