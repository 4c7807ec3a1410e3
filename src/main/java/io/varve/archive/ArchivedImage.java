package io.varve.archive;

import io.varve.oci.Descriptor;
import java.util.List;

/**
 * An image of an archive.
 *
 * @param descriptor of its manifest or image index
 * @param names what the archive calls it, as it stands there: whoever wrote it may have written anything
 */
record ArchivedImage(Descriptor descriptor, List<String> names) {}
