package io.varve.manifest;

import io.varve.oci.Descriptor;
import io.varve.oci.Manifest;
import java.util.List;

/** What is to be brought for one manifest. */
public sealed interface Plan permits ImagePlan, ArtifactPlan {

    /** Of the manifest, whose digest is the image's or the artifact's. */
    Descriptor descriptor();

    Manifest manifest();

    /** What it takes beside documents, as transferred: of an image its layers, base first. */
    List<Descriptor> blobs();
}
