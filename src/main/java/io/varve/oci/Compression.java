package io.varve.oci;

/** How the tar of a layer is compressed in its blob. */
public enum Compression {
    NONE("plain"),
    GZIP("gzip"),
    ZSTD("zstd");

    private final String word;

    Compression(String word) {
        this.word = word;
    }

    /** As a message has it. */
    @Override
    public String toString() {
        return word;
    }
}
