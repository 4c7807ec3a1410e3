package io.varve.registry;

import io.varve.oci.Descriptor;

/**
 * A manifest or an image index as a registry gave it.
 *
 * @param bytes verified against the descriptor; shared, never written to
 */
public record RemoteDocument(Descriptor descriptor, byte[] bytes) {}
