package io.varve.view;

import io.varve.oci.Digest;
import java.nio.file.Path;

/**
 * A mounted tree.
 *
 * @param id names it in the store
 * @param chainId of the image it shows
 * @param image what whoever mounted it called the image; empty when they did not say
 * @param directory where it is mounted, absolute and without symlinks
 */
public record View(String id, Digest chainId, String image, Path directory, boolean writable) {}
