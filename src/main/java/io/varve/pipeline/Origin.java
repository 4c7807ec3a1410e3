package io.varve.pipeline;

import io.varve.layout.LayoutReference;
import io.varve.oci.Reference;
import io.varve.registry.Access;

/** Where to pull from. */
public sealed interface Origin {

    /** A layout or an archive; one that says neither name nor digest means all of its images. */
    record Local(LayoutReference reference) implements Origin {
        @Override
        public String toString() {
            return reference.toString();
        }
    }

    /** @param reference normalised, so that it says which registry */
    record Remote(Reference reference, Access access) implements Origin {
        @Override
        public String toString() {
            return reference.withDefaultTag().toString();
        }
    }
}
