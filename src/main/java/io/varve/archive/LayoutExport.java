package io.varve.archive;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.manifest.PlanLimits;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Document;
import io.varve.oci.Index;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.pipeline.ChannelSource;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An image or an artifact as an OCI layout in a tar: its documents and blobs byte for byte, so that it keeps its digest. Of an image index
 * all parts are in it that are there as a whole.
 *
 * <pre>
 *   blobs/  blobs/sha256/  blobs/sha256/HEX …  index.json  oci-layout     by name, bytewise
 * </pre>
 */
final class LayoutExport implements ImageArchive {
    private final ChannelSource source;
    private final PlanLimits limits;
    private final Descriptor root;
    private final @Nullable String name;
    // By the names of their members.
    private final SortedMap<String, Descriptor> blobs = new TreeMap<>();
    private int documents;

    private LayoutExport(ChannelSource source, PlanLimits limits, Descriptor root, @Nullable String name) {
        this.source = source;
        this.limits = limits;
        this.root = root;
        this.name = name;
    }

    /**
     * Finds all that belongs to an image. Blocks.
     *
     * @param root a manifest or an image index
     * @param name what the archive calls it, in full; null for nothing
     * @throws Failure NotFound when a part of a manifest is not there, or no part of an image index
     */
    static LayoutExport of(ChannelSource source, PlanLimits limits, Descriptor root, @Nullable String name) {
        LayoutExport export = new LayoutExport(source, limits, root, name);
        export.blobs.putAll(export.parts(root, 0));
        return export;
    }

    private SortedMap<String, Descriptor> parts(Descriptor descriptor, int depth) {
        SortedMap<String, Descriptor> parts = new TreeMap<>();
        add(parts, descriptor);
        try {
            switch (document(descriptor)) {
                case Manifest manifest -> addParts(parts, manifest);
                case Index index -> addParts(parts, index, depth + 1);
            }
            return parts;
        } catch (Failure e) {
            throw e.during("manifest " + descriptor.digest());
        }
    }

    private Document document(Descriptor descriptor) {
        if (++documents > limits.documents()) {
            throw Failure.exceeded("documents of one image", documents, limits.documents(), "limits.documents");
        }
        return Document.parse(
                source.read(descriptor, limits.manifestBytes()), limits.manifestBytes(), descriptor.mediaType());
    }

    private void addParts(SortedMap<String, Descriptor> parts, Manifest manifest) {
        List<Descriptor> needed = new ArrayList<>(manifest.layers());
        needed.addFirst(manifest.config());
        for (Descriptor blob : needed) {
            if (source.has(blob)) {
                add(parts, blob);
            } else if (!blob.isForeign()) {
                throw Failure.notFound("blob " + blob.digest() + " is not there; pull the image again to have it"
                        + " (a store with keepBlobs: false keeps what its layers are made of and no blobs)");
            }
        }
    }

    private void addParts(SortedMap<String, Descriptor> parts, Index index, int depth) {
        if (depth > limits.indexDepth()) {
            throw Failure.exceeded("depth of nested image indexes", depth, limits.indexDepth(), "limits.indexDepth");
        }
        Failure missing = null;
        boolean any = index.manifests().isEmpty();
        for (Descriptor entry : index.manifests()) {
            if (!source.leadsTo(entry) || !source.has(entry)) {
                continue;
            }
            try {
                if (isDocument(entry)) {
                    parts.putAll(parts(entry, depth));
                } else {
                    add(parts, entry);
                }
                any = true;
            } catch (Failure e) {
                if (e.category() != Category.NOT_FOUND) {
                    throw e;
                }
                missing = e;
            }
        }
        if (!any) {
            throw missing == null ? Failure.notFound("none of the images that it lists is there") : missing;
        }
    }

    private static boolean isDocument(Descriptor entry) {
        MediaType.Kind kind = entry.mediaType().kind();
        return kind == MediaType.Kind.MANIFEST || kind == MediaType.Kind.INDEX;
    }

    private static void add(SortedMap<String, Descriptor> parts, Descriptor blob) {
        parts.put(ArchiveNames.blob(blob.digest()), blob);
    }

    @Override
    public void writeTo(WritableByteChannel out) {
        ImageTar tar = new ImageTar(out);
        tar.directory(ArchiveNames.BLOBS);
        Digest.Algorithm directory = null;
        for (var blob : blobs.entrySet()) {
            Digest digest = blob.getValue().digest();
            if (digest.algorithm() != directory) {
                directory = digest.algorithm();
                tar.directory(ArchiveNames.BLOBS + directory + "/");
            }
            write(tar, blob.getKey(), blob.getValue());
        }
        tar.document(ArchiveNames.INDEX, ArchiveNames.index(root, name));
        tar.document(ArchiveNames.MARKER, ArchiveNames.MARKER_BYTES);
        tar.end();
    }

    private void write(ImageTar tar, String member, Descriptor blob) {
        try (ReadableByteChannel bytes = source.open(blob, 0)) {
            if (bytes instanceof FileChannel file) {
                tar.stored(member, file, blob.size());
            } else {
                tar.copied(member, bytes, blob.digest(), blob.size());
            }
        } catch (IOException e) {
            throw Failure.from(e).during(member);
        }
    }

    @Override
    public String summary() {
        return blobs.size() + (blobs.size() == 1 ? " blob" : " blobs");
    }
}
