package io.varve.oci;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Failure;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a name in a registry or a layout leads to: a manifest or an image index, of OCI or of Docker v2 schema 2. Members
 * that Varve does not know are kept, and so are the bytes as received, because the digest is theirs.
 */
public sealed interface Document permits Manifest, Index {

    MediaType mediaType();

    /** The document as received; shared, never written to. */
    byte[] bytes();

    /** The document as JSON with all its members; the caller's own. */
    ObjectNode toJson();

    Map<String, String> annotations();

    /** What this document is a referrer of; null when it refers to nothing. */
    @Nullable
    Descriptor subject();

    /** What an artifact is, when this is one and says so. */
    @Nullable
    MediaType artifactType();

    /** As image indexes list it, and as referrers are asked for: a manifest that does not say what it is is what its configuration is. */
    default @Nullable MediaType listedAs() {
        MediaType said = artifactType();
        return said == null && this instanceof Manifest manifest
                ? manifest.config().mediaType()
                : said;
    }

    /**
     * @param limit the most bytes to look at; {@link Json#DEFAULT_LIMIT} by default
     * @param announced the media types that others said it has: the descriptor that led here, a registry's
     *     {@code Content-Type}. All of them and the document's own {@code mediaType} must be the same
     * @throws Failure Exceeded above the limit; Mismatch when media types differ; Invalid, naming the field, when it is not
     *     a manifest or an image index, or could be taken for both (CVE-2021-41190)
     */
    static Document parse(byte[] bytes, long limit, MediaType... announced) {
        ObjectNode json = Json.read(bytes, limit);
        Field root = Field.root(json);
        boolean index = json.has("manifests");
        if (index && (json.has("layers") || json.has("config"))) {
            throw Failure.invalid("document: got both manifests and " + (json.has("layers") ? "layers" : "config")
                    + ", wanted a manifest or an image index, not both");
        }
        checkVersion(root.member("schemaVersion"));
        MediaType mediaType = agreed(root.member("mediaType"), index, announced);
        if (mediaType.kind() != (index ? MediaType.Kind.INDEX : MediaType.Kind.MANIFEST)) {
            throw Failure.invalid("mediaType: got " + mediaType + ", wanted that of "
                    + (index ? "an image index, as it has manifests" : "a manifest, as it has no manifests"));
        }
        return index ? new Index(json, bytes, mediaType) : new Manifest(json, bytes, mediaType);
    }

    private static void checkVersion(Field version) {
        if (version.absent() || version.integer() != 2) {
            throw version.wanted(version.node().asInt() == 1 ? "2: images of Docker schema 1 are not supported" : "2");
        }
    }

    /** The one media type that all who name one agree on. Before OCI 1.1 manifests often did not; then the shape decides. */
    private static MediaType agreed(Field own, boolean index, MediaType... announced) {
        MediaType agreed = own.optional(Field::mediaType);
        for (MediaType other : announced) {
            if (agreed != null && !agreed.equals(other)) {
                throw Failure.mismatch("mediaType", agreed, other + ", as announced");
            }
            agreed = other;
        }
        if (agreed != null) {
            return agreed;
        }
        return index ? MediaType.Known.OCI_INDEX : MediaType.Known.OCI_MANIFEST;
    }
}
