package io.varve.archive;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.failure.Failure;
import io.varve.layerfs.Layer;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Json;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.oci.Reference;
import io.varve.pipeline.Image;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * An image of one platform as {@code docker save} has written it since Docker 25: what Docker of any age loads, and an OCI layout at the
 * same time. The layers are their tars, so the manifest is another one than that of the image; the configuration is the same, and with it
 * Docker's image id.
 *
 * <pre>
 *   blobs/sha256/HEX …   the configuration, the layers' tars, an OCI manifest of these
 *   index.json           leads to that manifest
 *   manifest.json        leads to configuration and layers; has the name as Docker shows it
 *   oci-layout
 *   repositories         for what is older than manifest.json; not there without a name
 * </pre>
 */
final class DockerExport implements ImageArchive {
    private final Image image;
    private final @Nullable Reference name;
    private final byte[] config;
    private final Digest configDigest;
    private final Manifest manifest;
    private final Digest manifestDigest;

    /** @param name with a tag and without a digest; null for none */
    DockerExport(Image image, @Nullable Reference name) {
        this.image = image;
        this.name = name;
        config = image.plan().config().bytes();
        configDigest = Digest.sha256(config);
        manifest = Manifest.of(
                Descriptor.of(MediaType.Known.OCI_CONFIG, configDigest, config.length),
                image.layers().stream()
                        .map(layer -> Descriptor.of(MediaType.Known.OCI_LAYER, layer.diffId(), layer.size()))
                        .toList());
        manifestDigest = Digest.sha256(manifest.bytes());
    }

    @Override
    public void writeTo(WritableByteChannel out) {
        SortedMap<String, @Nullable Layer> members = new TreeMap<>();
        members.put(ArchiveNames.blob(configDigest), null);
        members.put(ArchiveNames.blob(manifestDigest), null);
        image.layers().forEach(layer -> members.put(ArchiveNames.blob(layer.diffId()), layer));
        ImageTar tar = new ImageTar(out);
        tar.directory(ArchiveNames.BLOBS);
        String directory = "";
        for (var member : members.entrySet()) {
            String shelf = member.getKey().substring(0, member.getKey().lastIndexOf('/') + 1);
            if (!shelf.equals(directory)) {
                directory = shelf;
                tar.directory(shelf);
            }
            write(tar, member.getKey(), member.getValue());
        }
        tar.document(ArchiveNames.INDEX, index());
        tar.document(ArchiveNames.DOCKER, list());
        tar.document(ArchiveNames.MARKER, ArchiveNames.MARKER_BYTES);
        byte[] repositories = repositories();
        if (repositories.length > 0) {
            tar.document(ArchiveNames.REPOSITORIES, repositories);
        }
        tar.end();
    }

    /** @param layer null for a document */
    private void write(ImageTar tar, String member, @Nullable Layer layer) {
        if (layer == null) {
            tar.document(member, member.equals(ArchiveNames.blob(configDigest)) ? config : manifest.bytes());
            return;
        }
        try (FileChannel file = layer.open()) {
            tar.stored(member, file, layer.size());
        } catch (IOException e) {
            throw Failure.from(e).during(member);
        }
    }

    private byte[] index() {
        Descriptor descriptor = Descriptor.of(MediaType.Known.OCI_MANIFEST, manifestDigest, manifest.bytes().length);
        return name == null
                ? ArchiveNames.index(descriptor, null)
                : ArchiveNames.index(
                        descriptor.annotated(ArchiveNames.CONTAINERD_NAME, name.toString()), name.toString());
    }

    private byte[] list() {
        ObjectNode entry = Json.object().put("Config", ArchiveNames.blob(configDigest));
        if (name == null) {
            entry.putNull("RepoTags");
        } else {
            entry.putArray("RepoTags").add(name.familiar());
        }
        ArrayNode layers = entry.putArray("Layers");
        image.layers().forEach(layer -> layers.add(ArchiveNames.blob(layer.diffId())));
        return Json.write(entry.arrayNode().add(entry));
    }

    /** Empty where there is nothing to say. */
    private byte[] repositories() {
        List<Layer> layers = image.layers();
        if (name == null || layers.isEmpty()) {
            return new byte[0];
        }
        String repository = new Reference(name.domain(), name.path(), null, null).familiar();
        ObjectNode json = Json.object();
        json.putObject(repository).put(name.tag(), layers.getLast().diffId().hex());
        return Json.write(json);
    }

    @Override
    public String summary() {
        return image.layers().size() + (image.layers().size() == 1 ? " layer" : " layers");
    }
}
