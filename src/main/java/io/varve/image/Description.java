package io.varve.image;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.catalogue.StoredImage;
import io.varve.layerfs.Changes;
import io.varve.layerfs.FileType;
import io.varve.layerfs.Layer;
import io.varve.layerfs.Tree;
import io.varve.manifest.ArtifactPlan;
import io.varve.manifest.ImagePlan;
import io.varve.oci.Json;
import io.varve.pipeline.Image;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/** What images and artifacts are made of, as JSON. */
public final class Description {
    private Description() {}

    /** A line of the list of images. */
    public static ObjectNode of(StoredImage image) {
        ObjectNode node = Json.object()
                .put("name", image.name())
                .put("digest", image.image().digest().toString())
                .put("mediaType", image.image().mediaType().toString());
        ArrayNode platforms = node.putArray("platforms");
        image.platforms().forEach(platforms::add);
        return node.put("artifact", image.isArtifact())
                .put("blobBytes", image.blobBytes())
                .put("tarBytes", image.tarBytes())
                .put("updated", image.updated().toString())
                .put("used", image.used().toString());
    }

    /** @param reference what it was asked for by */
    public static ObjectNode of(String reference, ArtifactPlan artifact) {
        ObjectNode node = Json.object();
        node.put("reference", reference);
        node.put("digest", artifact.descriptor().digest().toString());
        node.put("artifactType", artifact.type().toString());
        node.set("manifest", artifact.manifest().toJson());
        return node;
    }

    /**
     * Blocks on the disk.
     *
     * @param reference what it was asked for by
     */
    public static ObjectNode of(String reference, Image image) {
        ImagePlan plan = image.plan();
        ObjectNode node = Json.object();
        node.put("reference", reference);
        node.put("digest", plan.descriptor().digest().toString());
        node.put("platform", plan.platform().toString());
        node.put("chainId", plan.chainId().toString());
        ArrayNode layers = node.putArray("layers");
        for (int i = 0; i < image.layers().size(); i++) {
            Layer layer = image.layers().get(i);
            Changes changes = Changes.open(layer.changes());
            layers.addObject()
                    .put("digest", plan.layers().get(i).blob().digest().toString())
                    .put("size", plan.layers().get(i).blob().size())
                    .put("diffId", layer.diffId().toString())
                    .put("tarSize", layer.size())
                    .put("entries", changes.count())
                    .put("whiteouts", changes.marks());
        }
        Tree tree = image.tree();
        ObjectNode shows = node.putObject("tree");
        shows.put("names", tree.entries()).put("inodes", tree.inodes()).put("fileBytes", fileBytes(tree));
        kinds(tree).forEach((type, count) -> shows.put(type.name().toLowerCase(Locale.ROOT), count));
        node.set("manifest", plan.manifest().toJson());
        node.set("config", plan.config().toJson());
        return node;
    }

    /** How many files of each kind a tree has. */
    public static Map<FileType, Integer> kinds(Tree tree) {
        Map<FileType, Integer> kinds = new EnumMap<>(FileType.class);
        for (int inode = 0; inode < tree.inodes(); inode++) {
            kinds.merge(tree.type(inode), 1, Integer::sum);
        }
        return kinds;
    }

    /** Of all regular files together. */
    public static long fileBytes(Tree tree) {
        long bytes = 0;
        for (int inode = 0; inode < tree.inodes(); inode++) {
            if (tree.type(inode) == FileType.REGULAR) {
                bytes += tree.size(inode);
            }
        }
        return bytes;
    }
}
