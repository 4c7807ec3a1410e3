package io.varve.archive;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.varve.failure.Failure;
import io.varve.manifest.PlanLimits;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.ImageConfig;
import io.varve.oci.Json;
import java.util.ArrayList;
import java.util.List;

/** The images of an archive with Docker's {@code manifest.json}, which says for each where its configuration and its layers are. */
final class DockerImages {
    private final Members members;
    private final PlanLimits limits;
    private final MadeImages source;

    DockerImages(Members members, PlanLimits limits) {
        this.members = members;
        this.limits = limits;
        source = new MadeImages(members, limits);
    }

    /** @throws Failure Invalid or NotFound, naming the image and the member */
    Contents.Images read() {
        try {
            byte[] bytes = members.read(members.file(ArchiveNames.DOCKER), limits.manifestBytes());
            ArrayNode list = Json.readArray(bytes, limits.manifestBytes());
            if (list.size() > limits.documents()) {
                throw Failure.exceeded("images", list.size(), limits.documents(), "limits.documents");
            }
            List<ArchivedImage> images = new ArrayList<>();
            for (int i = 0; i < list.size(); i++) {
                images.add(image("[" + i + "]", list.get(i)));
            }
            return new Contents.Images(source, images);
        } catch (Failure e) {
            throw e.during(ArchiveNames.DOCKER);
        }
    }

    private ArchivedImage image(String place, JsonNode entry) {
        Member configFile = members.file(text(place + ".Config", entry.path("Config")));
        byte[] bytes = members.read(configFile, limits.manifestBytes());
        List<Digest> diffIds;
        try {
            diffIds = ImageConfig.parse(bytes, limits.manifestBytes()).diffIds();
        } catch (Failure e) {
            throw e.during(configFile.name());
        }
        List<String> layers = texts(place + ".Layers", entry.path("Layers"));
        if (layers.size() > limits.layers()) {
            throw Failure.exceeded(place + ".Layers", layers.size(), limits.layers(), "limits.layers");
        }
        if (layers.size() != diffIds.size()) {
            throw Failure.mismatch(
                    place + ".Layers", layers.size(), diffIds.size() + ", as rootfs.diff_ids of the config has");
        }
        List<Descriptor> blobs = new ArrayList<>();
        for (int i = 0; i < layers.size(); i++) {
            blobs.add(source.layer(members.file(layers.get(i)), diffIds.get(i)));
        }
        return new ArchivedImage(
                source.manifest(source.config(configFile, bytes), blobs),
                texts(place + ".RepoTags", entry.path("RepoTags")));
    }

    /** Docker writes null for none. */
    private static List<String> texts(String place, JsonNode array) {
        List<String> texts = new ArrayList<>();
        if (!array.isArray() && !array.isNull() && !array.isMissingNode()) {
            throw Failure.invalid(place + ": wanted an array");
        }
        for (JsonNode each : array) {
            texts.add(text(place + "[" + texts.size() + "]", each));
        }
        return texts;
    }

    private static String text(String place, JsonNode node) {
        if (!node.isTextual()) {
            throw Failure.invalid(
                    place + ": got " + (node.isMissingNode() ? "nothing" : node.getNodeType()) + ", wanted a text");
        }
        return node.textValue();
    }
}
