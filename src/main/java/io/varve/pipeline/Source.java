package io.varve.pipeline;

import io.varve.manifest.Documents;
import io.varve.oci.Descriptor;
import org.jspecify.annotations.Nullable;

/** Where images come from: their documents, and the blobs of their layers. Safe for any thread. */
public interface Source extends Documents {

    /**
     * A blob's bytes, which nobody has verified.
     *
     * @param offset where to begin, at most the blob's size
     */
    Feed feed(Descriptor blob, long offset);

    /** Whether there is such a blob; asked only of those that know without fetching it. */
    default boolean has(Descriptor blob) {
        return true;
    }

    /**
     * Where this is, for those who want a blob again: {@code oci:/srv/layout}, or a repository of a registry. Null for the
     * store itself, and for what is gone afterwards.
     */
    @Nullable
    String location();

    /** What may be slow about it and is shared with other sources: a host, or the disk. */
    String place();
}
