package io.varve.build;

import io.varve.encode.Encoding;
import io.varve.oci.Compression;
import io.varve.oci.Descriptor;
import io.varve.oci.MediaType;

/** Layers of others in a manifest of ours. */
final class Layers {
    private Layers() {}

    /** As a manifest of OCI has it: Docker calls the same bytes by other names. */
    static Descriptor inManifest(Descriptor layer) {
        return layer.as(ociType(
                layer.mediaType(),
                layer.mediaType() instanceof MediaType.Known known ? known.compression() : Compression.NONE));
    }

    static MediaType ociType(MediaType type, Compression compression) {
        if (!(type instanceof MediaType.Known known)) {
            return type;
        }
        if (known.distributable()) {
            return Encoding.usual(compression).mediaType();
        }
        return switch (compression) {
            case NONE -> MediaType.Known.OCI_NONDISTRIBUTABLE;
            case GZIP -> MediaType.Known.OCI_NONDISTRIBUTABLE_GZIP;
            case ZSTD -> MediaType.Known.OCI_NONDISTRIBUTABLE_ZSTD;
        };
    }
}
