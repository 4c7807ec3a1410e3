package io.varve.build;

import io.varve.oci.Descriptor;
import io.varve.oci.Reference;
import java.util.List;

/**
 * What a build came to.
 *
 * @param image the manifest, or the image index of several
 * @param tags the names that lead to it
 * @param unchanged whether all of it was there before, and nothing was written
 */
public record Built(Descriptor image, List<Reference> tags, boolean unchanged) {}
