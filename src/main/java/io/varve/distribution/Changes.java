package io.varve.distribution;

import io.varve.oci.Descriptor;
import java.util.List;

/** Hears what callers changed, once it is on the disk. On the event loop. */
public interface Changes {
    /** @param name in full, with its tag, or its digest when it has none */
    void pushed(String name, Descriptor image);

    /** @param names in full */
    void removed(List<String> names);
}
