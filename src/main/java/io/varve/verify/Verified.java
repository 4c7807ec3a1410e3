package io.varve.verify;

/**
 * What a verification came to.
 *
 * @param things that were looked at: blobs, layers, indexes, names
 * @param bytes that were read of blobs, tars and indexes
 * @param found how many findings there are, foreign files too
 * @param wrong how many of them are still so
 * @param skipped indexes that could not be compared with anything, because of what was found in their layers
 */
public record Verified(long things, long bytes, long found, long wrong, long skipped) {}
