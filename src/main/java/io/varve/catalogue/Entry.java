package io.varve.catalogue;

import io.varve.oci.MediaType;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a node.
 *
 * @param size bytes of the blob, of the layer's tar, or of the index; −1 when unknown
 * @param mediaType of a blob, if something that needs it said so
 * @param present whether it was committed; else it is only needed, or wanted, by something
 * @param used when it was last asked for
 */
public record Entry(Node node, long size, @Nullable MediaType mediaType, boolean present, Instant used) {}
