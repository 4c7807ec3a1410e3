package io.varve.pipeline;

/** Hears how much of a blob came, and from where; on any thread, and returns at once. */
interface BlobMeter {

    /** @param bytes from the source so far */
    void network(long bytes);

    /** @param bytes that the store had already */
    void cached(long bytes);
}
