package io.varve.catalogue;

import io.varve.oci.Digest;

/** Something in the store that has a digest. */
public record Node(Kind kind, Digest digest) {
    /** What the digest is of. */
    public enum Kind {
        /** A blob: the digest of its bytes as transferred. */
        BLOB,
        /** A layer: the diffId of its tar. */
        LAYER,
        /** The index of a stack of layers: the chainId. */
        INDEX
    }

    public static Node blob(Digest digest) {
        return new Node(Kind.BLOB, digest);
    }

    public static Node layer(Digest diffId) {
        return new Node(Kind.LAYER, diffId);
    }

    public static Node index(Digest chainId) {
        return new Node(Kind.INDEX, chainId);
    }
}
