package io.varve.archive;

import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Index;
import io.varve.oci.Json;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The files that make an archive what it is. */
final class ArchiveNames {
    static final String BLOBS = "blobs/";
    static final String INDEX = "index.json";
    static final String MARKER = "oci-layout";
    static final String DOCKER = "manifest.json";
    static final String REPOSITORIES = "repositories";

    /** How Docker and containerd name an entry of an index in full; their other annotation has the tag alone. */
    static final String CONTAINERD_NAME = "io.containerd.image.name";

    static final byte[] MARKER_BYTES = Json.write(Json.object().put("imageLayoutVersion", "1.0.0"));

    private ArchiveNames() {}

    static String blob(Digest digest) {
        return BLOBS + digest.algorithm() + "/" + digest.hex();
    }

    /** @param name what the image is called in full; null for nothing */
    static byte[] index(Descriptor image, @Nullable String name) {
        return Index.of(List.of(name == null ? image : image.annotated(Descriptor.REF_NAME, name)))
                .bytes();
    }
}
