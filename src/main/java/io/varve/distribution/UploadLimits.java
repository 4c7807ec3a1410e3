package io.varve.distribution;

import java.time.Duration;

/**
 * What uploads may take of us.
 *
 * @param bytes of one blob
 * @param open that have not ended
 * @param openBytes of the disk, for those that have not ended
 * @param keep how long one is kept that nobody goes on with
 * @param settle how long one is left alone that nobody goes on with; then it makes room for another one where there are too many
 * @param manifestBytes of one manifest or image index
 * @param parts that one of them may list
 */
public record UploadLimits(
        long bytes, int open, long openBytes, Duration keep, Duration settle, long manifestBytes, int parts) {}
