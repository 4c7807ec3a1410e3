package io.varve.manifest;

import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.oci.Document;
import io.varve.oci.ImageConfig;
import io.varve.oci.Index;
import io.varve.oci.Manifest;
import java.util.function.Function;

/** The documents read for one plan, counted: an index of indexes must not make anybody read without end. */
final class DocumentReader {
    private final Documents documents;
    private final PlanLimits limits;

    /** How many documents were read so far; one thread plans an image. */
    private int count;

    DocumentReader(Documents documents, PlanLimits limits) {
        this.documents = documents;
        this.limits = limits;
    }

    /** The manifest or image index that the descriptor points at. */
    Document document(Descriptor descriptor) {
        return read(
                "manifest", descriptor, bytes -> Document.parse(bytes, limits.manifestBytes(), descriptor.mediaType()));
    }

    Manifest manifest(Descriptor descriptor) {
        return switch (document(descriptor)) {
            case Manifest manifest -> manifest;
            case Index ignored -> throw Failure.invalid(descriptor + ": got an image index, wanted a manifest");
        };
    }

    Index index(Descriptor descriptor) {
        return switch (document(descriptor)) {
            case Index index -> index;
            case Manifest ignored -> throw Failure.invalid(descriptor + ": got a manifest, wanted an image index");
        };
    }

    ImageConfig config(Descriptor descriptor) {
        return read("config", descriptor, bytes -> ImageConfig.parse(bytes, limits.manifestBytes()));
    }

    private <T> T read(String what, Descriptor descriptor, Function<byte[], T> parse) {
        if (++count > limits.documents()) {
            throw Failure.exceeded("documents to find one image", count, limits.documents(), "limits.documents");
        }
        try {
            return parse.apply(documents.read(descriptor, limits.manifestBytes()));
        } catch (Failure failure) {
            throw failure.during(what + " " + descriptor.digest());
        }
    }
}
