package io.varve.manifest;

import io.varve.oci.Descriptor;
import java.util.List;

/**
 * What is to be brought for a name.
 *
 * @param skipped entries of image indexes that are neither images nor attestations
 * @param absent those that are not there, where only what is there was wanted
 */
public record Selection(List<Plan> plans, List<Descriptor> skipped, List<Descriptor> absent) {
    /** Of one, which is there. */
    public static Selection of(Plan plan) {
        return new Selection(List.of(plan), List.of(), List.of());
    }
}
