package io.varve.catalogue;

import io.varve.oci.Descriptor;
import java.time.Instant;

/**
 * A name and what it names.
 *
 * @param name a full reference, {@code docker.io/library/debian:bookworm}
 * @param image a manifest or an image index
 * @param updated when the name last got a new meaning
 */
public record Tag(String name, Descriptor image, Instant updated) {}
