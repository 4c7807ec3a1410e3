package io.varve.oci;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An image index: the manifests of one image for several platforms, their attestations, and other image indexes
 * (image-spec, image-index.md); or Docker's manifest list. The index of an image layout is one too.
 */
public final class Index implements Document {
    private final ObjectNode json;
    private final byte[] bytes;
    private final MediaType mediaType;
    private final List<Descriptor> manifests;
    private final Map<String, String> annotations;
    private final @Nullable Descriptor subject;
    private final @Nullable MediaType artifactType;

    Index(ObjectNode json, byte[] bytes, MediaType mediaType) {
        this.json = json;
        this.bytes = bytes;
        this.mediaType = mediaType;
        Field root = Field.root(json);
        manifests = root.member("manifests").required(Descriptor::new);
        annotations = root.member("annotations").texts();
        subject = root.member("subject").optional(Descriptor::new);
        artifactType = root.member("artifactType").optional(Field::mediaType);
    }

    /** An OCI image index of these. */
    public static Index of(List<Descriptor> manifests) {
        ObjectNode json = Json.object();
        json.put("schemaVersion", 2);
        json.put("mediaType", MediaType.Known.OCI_INDEX.toString());
        return of(json, MediaType.Known.OCI_INDEX, manifests);
    }

    /** This image index with other entries and everything else it says. */
    public Index with(List<Descriptor> others) {
        return of(toJson(), mediaType, others);
    }

    /** This image index with other annotations; none of them for an empty map. */
    public Index annotated(Map<String, String> others) {
        ObjectNode changed = toJson();
        changed.remove("annotations");
        if (!others.isEmpty()) {
            others.forEach(changed.putObject("annotations")::put);
        }
        return new Index(changed, Json.write(changed), mediaType);
    }

    private static Index of(ObjectNode json, MediaType mediaType, List<Descriptor> manifests) {
        ArrayNode array = json.putArray("manifests");
        manifests.forEach(manifest -> array.add(manifest.toJson()));
        return new Index(json, Json.write(json), mediaType);
    }

    @Override
    public MediaType mediaType() {
        return mediaType;
    }

    @Override
    public byte[] bytes() {
        return bytes;
    }

    @Override
    public ObjectNode toJson() {
        return json.deepCopy();
    }

    /** The entries as listed: manifests, image indexes, attestations, and whatever else stands there. */
    public List<Descriptor> manifests() {
        return manifests;
    }

    @Override
    public Map<String, String> annotations() {
        return annotations;
    }

    @Override
    public @Nullable Descriptor subject() {
        return subject;
    }

    @Override
    public @Nullable MediaType artifactType() {
        return artifactType;
    }
}
