package io.varve.pipeline;

import io.varve.oci.Descriptor;
import io.varve.registry.Registry;
import io.varve.registry.RemoteDocument;
import io.varve.registry.Repository;
import io.vertx.core.Context;

/**
 * A repository of a registry as a source of images.
 *
 * @param known what the registry gave for the image's name, so that it is not asked again
 * @param context where the registry is asked from for those that block
 */
public record RegistrySource(Registry registry, Repository repository, RemoteDocument known, Context context)
        implements Source {

    @Override
    public byte[] read(Descriptor descriptor, long limit) {
        if (descriptor.digest().equals(known.descriptor().digest())) {
            return known.bytes();
        }
        Cancellation wanted = new Cancellation();
        return Conducting.on(context, wanted, () -> wanted.over(registry.document(repository, descriptor, limit)));
    }

    @Override
    public Feed feed(Descriptor blob, long offset) {
        return blob.isForeign()
                ? (sink, on) -> registry.foreign(repository, blob, offset, sink)
                : (sink, on) -> registry.blob(repository, blob, offset, sink);
    }

    @Override
    public String location() {
        return "docker://" + repository;
    }

    @Override
    public String place() {
        return repository.host();
    }
}
