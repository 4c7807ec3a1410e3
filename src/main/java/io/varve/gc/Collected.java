package io.varve.gc;

import io.varve.catalogue.Entry;
import java.util.List;

/**
 * What was removed, or would be.
 *
 * @param entries blobs, layers and indexes that were there
 * @param bytes of their files; a tar that is a blob too counts once, and only when both went
 */
public record Collected(List<Entry> entries, long bytes) {}
