package io.varve.layout;

import io.varve.oci.Descriptor;
import org.jspecify.annotations.Nullable;

/**
 * An image that a layout's index lists.
 *
 * @param descriptor of a manifest or an image index
 * @param name what the layout calls it, as it stands there: whoever wrote the layout may have written anything. Null when it
 *     has none
 */
public record NamedImage(Descriptor descriptor, @Nullable String name) {}
