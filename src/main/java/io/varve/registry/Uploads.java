package io.varve.registry;

import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.vertx.core.Future;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * All registries, as who brings them something sees them: the part of the OCI distribution API that writes, and what has to be
 * asked before. Mirrors are never asked. Otherwise as {@link Registry} has it.
 */
public interface Uploads {

    /** Whether the repository has this blob. */
    Future<Boolean> has(Repository repository, Descriptor blob);

    /**
     * What a tag or a digest of a manifest leads to; empty when that is nothing, or the registry does not say.
     *
     * @param tagOrDigest as {@link Registry#resolve} has it
     */
    Future<Optional<Digest>> find(Repository repository, String tagOrDigest);

    /**
     * Brings a blob into a repository that lacks it. What is sent is hashed on the way, and wrong bytes are never sent to their end.
     *
     * @param mount the path of a repository of the same host that is known to have the blob, which may be refused; null for none
     * @return how it came there; fails when the blob cannot be had or is refused, or the offer is withdrawn
     */
    Future<Uploaded> upload(Repository repository, Offer offer, @Nullable String mount);

    /**
     * Puts a manifest or an image index whose parts the repository has, and sees to it that whoever asks for the referrers of its
     * subject finds it.
     *
     * @param tagOrDigest what it is to be found by; its own digest, or a tag
     * @param descriptor of the document
     */
    Future<Void> put(Repository repository, String tagOrDigest, Descriptor descriptor, Document document);
}
