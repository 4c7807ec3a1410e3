package io.varve.oci;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Failure;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * How one document points at content: its media type, digest and size (image-spec, descriptor.md). Members that Varve does
 * not know are kept. Two descriptors are equal when their JSON is.
 */
public final class Descriptor {
    /** The annotation that names an entry of an image layout's index. */
    public static final String REF_NAME = "org.opencontainers.image.ref.name";

    /** The algorithm need not be one that Varve can compute, as long as nobody asks for this content. */
    private static final Pattern DIGEST = Pattern.compile("[a-z0-9]+(?:[+._-][a-z0-9]+)*:[a-zA-Z0-9=_-]+");

    private static final int MAX_DIGEST = 512;

    /** A manifest has room for hundreds of thousands; each is a place to be tried, and those who mean it have one or two. */
    private static final int MOST_URLS = 16;

    private static final String ATTESTATION = "vnd.docker.reference.type";

    private final ObjectNode json;
    private final MediaType mediaType;
    private final Field digest;
    private final long size;
    private final List<String> urls;
    private final Map<String, String> annotations;
    private final byte @Nullable [] data;
    private final @Nullable Platform platform;
    private final @Nullable MediaType artifactType;

    Descriptor(Field field) {
        json = field.object();
        mediaType = field.member("mediaType").mediaType();
        digest = digest(field.member("digest"));
        size = field.member("size").count();
        List<String> all = field.member("urls").each(Descriptor::url);
        urls = List.copyOf(all.subList(0, Math.min(MOST_URLS, all.size())));
        annotations = field.member("annotations").texts();
        data = field.member("data").optional(Descriptor::base64);
        platform = field.member("platform").optional(Platform::of);
        artifactType = field.member("artifactType").optional(Field::mediaType);
    }

    public static Descriptor of(MediaType mediaType, Digest digest, long size) {
        ObjectNode json = Json.object();
        json.put("mediaType", mediaType.toString());
        json.put("digest", digest.toString());
        // As it will be read back, so that it equals itself: a tree tells an int from a long.
        if (size == (int) size) {
            json.put("size", (int) size);
        } else {
            json.put("size", size);
        }
        return new Descriptor(Field.root(json));
    }

    /** This descriptor with one more annotation, or another value of it. */
    public Descriptor annotated(String key, String value) {
        ObjectNode changed = toJson();
        changed.withObject("/annotations").put(key, value);
        return new Descriptor(Field.root(changed));
    }

    /** This descriptor, of what is for that platform. */
    public Descriptor on(Platform platform) {
        ObjectNode changed = toJson();
        platform.writeTo(changed.putObject("platform"));
        return new Descriptor(Field.root(changed));
    }

    /** The same content called by another media type. */
    public Descriptor as(MediaType other) {
        ObjectNode changed = toJson();
        changed.put("mediaType", other.toString());
        return new Descriptor(Field.root(changed));
    }

    /** As an image index lists the document that this points at: with its annotations, and with what it is when it is an artifact. */
    public Descriptor listing(Document document) {
        ObjectNode listed = of(mediaType, digest(), size).json;
        MediaType type = document.listedAs();
        if (type != null) {
            listed.put("artifactType", type.toString());
        }
        if (!document.annotations().isEmpty()) {
            ObjectNode annotations = listed.putObject("annotations");
            document.annotations().forEach(annotations::put);
        }
        return new Descriptor(Field.root(listed));
    }

    private static Field digest(Field field) {
        String text = field.text();
        if (text.length() > MAX_DIGEST || !DIGEST.matcher(text).matches()) {
            throw field.wanted("<algorithm>:<encoded>");
        }
        if (Arrays.stream(Digest.Algorithm.values()).anyMatch(known -> text.startsWith(known + ":"))) {
            field.digest();
        }
        return field;
    }

    private static String url(Field field) {
        try {
            if (new URI(field.text()).isAbsolute()) {
                return field.text();
            }
        } catch (URISyntaxException e) {
            // Refused below, as a relative one is.
        }
        throw field.wanted("an absolute URI");
    }

    private static byte[] base64(Field field) {
        String text = field.text();
        try {
            if (text.length() % 4 == 0) {
                return Base64.getDecoder().decode(text);
            }
        } catch (IllegalArgumentException e) {
            // Refused below, as missing padding is, which the decoder would accept.
        }
        throw field.wanted("base64 with padding");
    }

    public MediaType mediaType() {
        return mediaType;
    }

    /**
     * The digest of the content.
     *
     * @throws Failure Invalid when its algorithm is not one of {@link Digest.Algorithm}: a document may list such content
     *     (descriptor.md#digests), but it cannot be verified, so it cannot be used
     */
    public Digest digest() {
        return digest.digest();
    }

    /** Whether it points at the content with this digest. */
    public boolean pointsAt(Digest content) {
        return digest.text().equals(content.toString());
    }

    /** The length of the content in bytes. */
    public long size() {
        return size;
    }

    /** Where else the content may be fetched from: the first 16 urls that it has. */
    public List<String> urls() {
        return urls;
    }

    public Map<String, String> annotations() {
        return annotations;
    }

    /** The content itself, embedded and not yet verified; shared, never written to. Null when it is not embedded. */
    public byte @Nullable [] data() {
        return data;
    }

    /** The content itself, verified, if it is embedded; shared, never written to. Takes as long as hashing it. */
    public Optional<byte[]> embedded() {
        return data != null && data.length == size && digest().equals(Digest.of(digest().algorithm(), data))
                ? Optional.of(data)
                : Optional.empty();
    }

    /** Whether this is a layer that registries need not have, because whoever published it has kept it to other places. */
    public boolean isForeign() {
        return mediaType instanceof MediaType.Known known && !known.distributable();
    }

    public @Nullable Platform platform() {
        return platform;
    }

    public @Nullable MediaType artifactType() {
        return artifactType;
    }

    /**
     * Whether this entry of an image index is a statement about another entry, as BuildKit writes provenance and SBOMs, and
     * no image.
     */
    public boolean isAttestation() {
        return annotations.containsKey(ATTESTATION) || (platform != null && !platform.known());
    }

    /** The descriptor as JSON with all its members; the caller's own. */
    public ObjectNode toJson() {
        return json.deepCopy();
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof Descriptor descriptor && json.equals(descriptor.json);
    }

    @Override
    public int hashCode() {
        return json.hashCode();
    }

    /** {@code mediaType digest (size bytes)}. */
    @Override
    public String toString() {
        return mediaType + " " + digest.text() + " (" + size + " bytes)";
    }
}
