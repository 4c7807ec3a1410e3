package io.varve.api;

/**
 * What callers may take of us.
 *
 * @param servedBytes of memory for slabs of bodies that are on their way out; who finds no room waits
 * @param listedNames the most tags, repositories or referrers of one answer; a link leads to the rest
 * @param requestBytes of one JSON body
 * @param bodiesBytes of memory for all JSON bodies that are on their way
 * @param uploadBytes of one body that brings tars, and of one blob that is pushed
 * @param freeBytes what the disk of the store has to have left for the service to be ready
 * @param connections at once; one more takes the place of the one that has asked nothing for the longest time
 * @param requestsAtOnce that are being answered, those included that wait for a job
 * @param receivedBytes of memory for blobs and manifests that are on their way in; who finds no room waits
 * @param openUploads of blobs that have not ended; one more takes the place of the one that nobody has gone on with for the longest time
 * @param openUploadBytes of the disk, for all of those
 */
public record ApiLimits(
        long servedBytes,
        int listedNames,
        int requestBytes,
        long bodiesBytes,
        long uploadBytes,
        long freeBytes,
        int connections,
        int requestsAtOnce,
        long receivedBytes,
        int openUploads,
        long openUploadBytes) {
    public static final ApiLimits DEFAULTS = new ApiLimits(
            64L << 20, 1000, 1 << 20, 64L << 20, 64L << 30, 1L << 30, 4096, 10_000, 64L << 20, 256, 256L << 30);
}
