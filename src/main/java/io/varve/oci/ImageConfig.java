package io.varve.oci;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Failure;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The configuration of an image: what it needs, how to run it and which layers it is made of (image-spec, config.md).
 * Members that Varve does not know are kept, and so are the bytes as received, because the image's id is their digest.
 */
public final class ImageConfig {
    private final ObjectNode json;
    private final byte[] bytes;
    private final Platform platform;
    private final @Nullable Instant created;
    private final String author;
    private final Execution execution;
    private final List<Digest> diffIds;
    private final List<History> history;

    /**
     * One step of how the image was made.
     *
     * @param createdBy the command; empty when unknown, as {@code author} and {@code comment}
     * @param emptyLayer whether the step made no layer
     */
    public record History(
            @Nullable Instant created, String createdBy, String author, String comment, boolean emptyLayer) {

        static History of(Field field) {
            field.object();
            return new History(
                    field.member("created").optional(Field::time),
                    field.member("created_by").textOrEmpty(),
                    field.member("author").textOrEmpty(),
                    field.member("comment").textOrEmpty(),
                    field.member("empty_layer").flag());
        }
    }

    private ImageConfig(ObjectNode json, byte[] bytes) {
        this.json = json;
        this.bytes = bytes;
        Field root = Field.root(json);
        platform = Platform.of(root);
        created = root.member("created").optional(Field::time);
        author = root.member("author").textOrEmpty();
        execution = Execution.of(root.member("config"));
        Field rootfs = root.member("rootfs");
        Field type = rootfs.member("type");
        if (!type.text().equals("layers")) {
            throw type.wanted("\"layers\"");
        }
        diffIds = rootfs.member("diff_ids").required(Field::digest);
        history = root.member("history").each(History::of);
    }

    /**
     * @param limit the most bytes to look at; {@link Json#DEFAULT_LIMIT} by default
     * @throws Failure Exceeded above the limit; Invalid, naming the field, when it is not an image configuration
     */
    public static ImageConfig parse(byte[] bytes, long limit) {
        return new ImageConfig(Json.read(bytes, limit), bytes);
    }

    /** The configuration that this tree is; the tree is the configuration's from now on. */
    public static ImageConfig of(ObjectNode owned) {
        return new ImageConfig(owned, Json.write(owned));
    }

    /** A configuration that says no more than it must. */
    public static ImageConfig of(Platform platform, List<Digest> diffIds) {
        ObjectNode json = Json.object();
        platform.writeTo(json);
        ObjectNode rootfs = json.putObject("rootfs");
        rootfs.put("type", "layers");
        ArrayNode array = rootfs.putArray("diff_ids");
        diffIds.forEach(diffId -> array.add(diffId.toString()));
        return new ImageConfig(json, Json.write(json));
    }

    /** The configuration as received; shared, never written to. */
    public byte[] bytes() {
        return bytes;
    }

    /** The configuration as JSON with all its members; the caller's own. */
    public ObjectNode toJson() {
        return json.deepCopy();
    }

    public Platform platform() {
        return platform;
    }

    public @Nullable Instant created() {
        return created;
    }

    /** Empty when unknown. */
    public String author() {
        return author;
    }

    public Execution execution() {
        return execution;
    }

    /** The digests of the layers' tars, base first. */
    public List<Digest> diffIds() {
        return diffIds;
    }

    /** Oldest first; the steps that made a layer are in the order of the layers, if the image tells its history at all. */
    public List<History> history() {
        return history;
    }
}
