package io.varve.distribution;

import io.varve.oci.Digest;
import io.varve.oci.MediaType;

/**
 * A manifest or a blob that there is.
 *
 * @param mediaType what its bytes are to be called
 */
record Content(Digest digest, MediaType mediaType, long size) {
    /** Strong: the same digest means the same bytes. */
    String entityTag() {
        return "\"" + digest + "\"";
    }
}
