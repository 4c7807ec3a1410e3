package io.varve.manifest;

import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Document;
import io.varve.oci.ImageConfig;
import io.varve.oci.Index;
import io.varve.oci.Manifest;
import java.util.function.Supplier;

/** The documents read for one plan, counted, from the cache or not. One thread plans an image. */
final class DocumentReader {
    private final Documents documents;
    private final MetadataCache cache;
    private final PlanLimits limits;

    private final DocumentTally tally;

    DocumentReader(Documents documents, MetadataCache cache, PlanLimits limits) {
        this.documents = documents;
        this.cache = cache;
        this.limits = limits;
        tally = new DocumentTally(limits);
    }

    /** The manifest or image index that the descriptor points at. */
    Document document(Descriptor descriptor) {
        return read("manifest", descriptor, () -> cache.document(descriptor, documents, limits.manifestBytes()));
    }

    /** One that an image index lists. */
    Manifest manifest(Descriptor descriptor) {
        return switch (listed(descriptor)) {
            case Manifest manifest -> manifest;
            case Index ignored -> throw Failure.invalid(descriptor + ": got an image index, wanted a manifest");
        };
    }

    /** One that another one lists. */
    Index index(Descriptor descriptor) {
        return switch (listed(descriptor)) {
            case Index index -> index;
            case Manifest ignored -> throw Failure.invalid(descriptor + ": got a manifest, wanted an image index");
        };
    }

    private Document listed(Descriptor entry) {
        if (!documents.leadsTo(entry)) {
            throw Failure.notFound("got none that came with its image index; pull it for its platform")
                    .during("manifest " + entry.digest());
        }
        return document(entry);
    }

    ImageConfig config(Descriptor descriptor) {
        return read("config", descriptor, () -> cache.config(descriptor, documents, limits.manifestBytes()));
    }

    private <T> T read(String what, Descriptor descriptor, Supplier<T> reading) {
        tally.add(descriptor);
        try {
            return reading.get();
        } catch (Failure failure) {
            throw failure.during(what + " " + descriptor.digest());
        }
    }
}
