package io.varve.oci;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The configuration and the layers of one image for one platform, or of an artifact (image-spec, manifest.md). */
public final class Manifest implements Document {
    private static final List<String> LAYERS =
            List.of("application/vnd.oci.image.layer.", "application/vnd.docker.image.rootfs.");

    private final ObjectNode json;
    private final byte[] bytes;
    private final MediaType mediaType;
    private final Descriptor config;
    private final List<Descriptor> layers;
    private final Map<String, String> annotations;
    private final @Nullable Descriptor subject;
    private final @Nullable MediaType artifactType;

    Manifest(ObjectNode json, byte[] bytes, MediaType mediaType) {
        this.json = json;
        this.bytes = bytes;
        this.mediaType = mediaType;
        Field root = Field.root(json);
        config = new Descriptor(root.member("config"));
        layers = root.member("layers").required(Descriptor::new);
        annotations = root.member("annotations").texts();
        subject = root.member("subject").optional(Descriptor::new);
        artifactType = root.member("artifactType").optional(Field::mediaType);
    }

    /** An OCI manifest of these. */
    public static Manifest of(Descriptor config, List<Descriptor> layers) {
        ObjectNode json = Json.object();
        json.put("schemaVersion", 2);
        json.put("mediaType", MediaType.Known.OCI_MANIFEST.toString());
        json.set("config", config.toJson());
        ArrayNode array = json.putArray("layers");
        layers.forEach(layer -> array.add(layer.toJson()));
        return new Manifest(json, Json.write(json), MediaType.Known.OCI_MANIFEST);
    }

    /** This manifest with other annotations; none of them for an empty map. */
    public Manifest annotated(Map<String, String> others) {
        ObjectNode changed = toJson();
        changed.remove("annotations");
        if (!others.isEmpty()) {
            others.forEach(changed.putObject("annotations")::put);
        }
        return new Manifest(changed, Json.write(changed), mediaType);
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

    public Descriptor config() {
        return config;
    }

    /**
     * Whether this is an image, as its configuration and its layers say, whether Varve can decode those or not; else it is an
     * artifact, of which only whoever made it knows what is in it. A configuration alone makes no image: signatures and
     * attestations have those of images.
     */
    public boolean isImage() {
        return config.mediaType().kind() == MediaType.Kind.CONFIG
                && (layers.isEmpty()
                        || layers.stream().map(Descriptor::mediaType).anyMatch(Manifest::isLayer));
    }

    private static boolean isLayer(MediaType mediaType) {
        return mediaType.kind() == MediaType.Kind.LAYER
                || LAYERS.stream().anyMatch(prefix -> mediaType.toString().startsWith(prefix));
    }

    /** The layers, base first; the specification wants one at least, the world pushes manifests without. */
    public List<Descriptor> layers() {
        return layers;
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
