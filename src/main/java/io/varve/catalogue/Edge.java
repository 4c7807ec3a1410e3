package io.varve.catalogue;

/**
 * One node needs another.
 *
 * @param position among those of the same role, in the order of the document; layers base first
 */
public record Edge(Node parent, Role role, int position, Node child) {
    /** What the child is to the parent. */
    public enum Role {
        /** An image of an image index (blob → blob). */
        MANIFEST,
        /** The configuration of a manifest (blob → blob). */
        CONFIG,
        /** A layer as transferred, of a manifest (blob → blob). */
        BLOB,
        /** A layer, of a manifest (blob → layer), at the position of the blob that it was made from; or of an index (index → layer). */
        LAYER,
        /** The index of a manifest's stack (blob → index). */
        INDEX,
        /** What was pushed to say something of an image, and is kept with it (blob → blob); no document of the parent names it. */
        REFERRER
    }
}
