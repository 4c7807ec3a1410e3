package io.varve.pipeline;

import io.varve.content.ContentStore;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.manifest.ArtifactPlan;
import io.varve.manifest.Documents;
import io.varve.manifest.ImagePlan;
import io.varve.manifest.Plan;
import io.varve.manifest.PlanLimits;
import io.varve.oci.Descriptor;
import io.varve.oci.Document;
import io.varve.oci.Index;
import io.varve.oci.MediaType;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Documents from the store if they are there, else from a source; what was read is remembered, because what led to the image
 * has to be kept with it. As large as the documents that one plan may read. Owned by one thread.
 */
final class KeptDocuments implements Documents {
    private final ContentStore content;
    private final Documents source;
    private final Proofs proofs;
    private final Map<Descriptor, byte[]> read = new LinkedHashMap<>();

    /** @param proofs what of the store may be used */
    KeptDocuments(ContentStore content, Documents source, Proofs proofs) {
        this.content = content;
        this.source = source;
        this.proofs = proofs;
    }

    @Override
    public byte[] read(Descriptor descriptor, long limit) {
        byte[] bytes = stored(descriptor, limit).orElseGet(() -> source.read(descriptor, limit));
        read.put(descriptor, bytes);
        return bytes;
    }

    @Override
    public boolean leadsTo(Descriptor entry) {
        return source.leadsTo(entry);
    }

    /** Not looked for before it is read: nothing is leased yet, and a collection may come in between. */
    private Optional<byte[]> stored(Descriptor descriptor, long limit) {
        if (!proofs.has(descriptor.digest())) {
            return Optional.empty();
        }
        try {
            return Optional.of(content.read(descriptor, limit));
        } catch (Failure e) {
            if (e.category() == Category.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    /**
     * The image indexes on the way to what is to be brought, outermost first, the manifests, and the configurations of images,
     * with their bytes.
     */
    Map<Descriptor, byte[]> of(List<Plan> plans) {
        Set<Descriptor> theirs = new HashSet<>();
        for (Plan plan : plans) {
            theirs.add(plan.descriptor());
            switch (plan) {
                case ImagePlan image -> theirs.add(image.manifest().config());
                // Nobody has read its configuration: that is a blob like the others.
                case ArtifactPlan artifact -> {}
            }
        }
        Map<Descriptor, byte[]> needed = new LinkedHashMap<>();
        read.forEach((descriptor, bytes) -> {
            if (descriptor.mediaType().kind() == MediaType.Kind.INDEX || theirs.contains(descriptor)) {
                needed.put(descriptor, bytes);
            }
        });
        return needed;
    }

    static Index index(byte[] bytes, PlanLimits limits) {
        return switch (Document.parse(bytes, limits.manifestBytes())) {
            case Index index -> index;
            case io.varve.oci.Manifest _ -> throw new IllegalStateException("it was an image index when it was read");
        };
    }
}
