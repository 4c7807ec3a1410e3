package io.varve.push;

import io.varve.oci.Descriptor;

/**
 * What a push brought.
 *
 * @param name by which the registry has it now, in full
 * @param image the manifest or image index that this leads to
 */
public record Pushed(String name, Descriptor image) {}
