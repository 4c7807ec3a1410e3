package io.varve.registry;

import io.varve.bus.SlabSink;
import io.varve.oci.Descriptor;
import io.vertx.core.Future;

/**
 * All registries, as a client sees them: the part of the OCI distribution API that reads. Every question is asked of the
 * host's mirrors in their order and then of the host itself, authorised as they demand, and asked again after failures
 * that pass. Nothing blocks; futures complete on the context of the caller, who has one.
 *
 * <p>Every failure names the repository, and never shows a credential or a token.
 */
public interface Registry extends AutoCloseable {

    /**
     * A manifest or an image index by its tag or digest.
     *
     * @param tagOrDigest what the registry is to look for; a digest is verified
     * @param limit the most bytes to take ({@code limits.manifestBytes})
     * @return the document with its descriptor: size and digest are those of the bytes, and agree with what the registry said
     *     of them; the media type is what both header and body say
     */
    Future<RemoteDocument> resolve(Repository repository, String tagOrDigest, long limit);

    /**
     * The bytes of a manifest, an image index or a configuration, with the size and digest of the descriptor. What the
     * descriptor embeds is taken where it is that.
     */
    Future<byte[]> document(Repository repository, Descriptor descriptor, long limit);

    /**
     * Hands a blob over, slab by slab, from an offset on to the announced size and never a byte further. A body that breaks
     * off is gone on with where it did. Bytes are not verified here.
     *
     * @param offset where to begin, at most the blob's size
     * @return completes when the last slab was handed over; fails when the blob cannot be had, or the sink wants no more
     */
    Future<Void> blob(Repository repository, Descriptor descriptor, long offset, SlabSink sink);

    /**
     * As {@link #blob}, of a foreign layer: when the repository does not have it, it is fetched from the urls of its descriptor
     * in their order, by http and https only, as if the registry had sent us there, and without saying who we are.
     */
    Future<Void> foreign(Repository repository, Descriptor descriptor, long offset, SlabSink sink);

    /** Asks {@code /v2/} whether the credential is accepted. */
    Future<Void> check(String host, Access access);

    /** Ends connections at once; what is asked now fails as Cancelled. */
    @Override
    void close();
}
