package io.varve.manifest;

import io.varve.oci.Descriptor;
import java.util.List;

/**
 * What is to be brought for a name.
 *
 * @param skipped entries of image indexes that are neither images nor attestations
 */
public record Selection(List<Plan> plans, List<Descriptor> skipped) {}
