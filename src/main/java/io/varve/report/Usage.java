package io.varve.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.catalogue.Node;
import io.varve.layerfs.Change;
import io.varve.layerfs.Changes;
import io.varve.layerfs.FileType;
import io.varve.layerfs.Inode;
import io.varve.layerfs.Tree;
import io.varve.oci.Digest;
import io.varve.oci.Json;
import io.varve.pipeline.Image;
import io.varve.store.Store;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * What the bytes of an image are spent on.
 *
 * @param layers base first
 */
public record Usage(Image image, List<OfLayer> layers) {
    /** Of a blob that half the store has. */
    private static final int MOST_NAMES = 10_000;

    /**
     * One layer.
     *
     * @param blobBytes as transferred
     * @param entries of its tar, {@code marks} of them whiteouts and opaque marks
     * @param fileBytes of all files in its tar
     * @param shownBytes of those that the image shows; the rest is hidden or replaced by layers above, or in the tar twice
     * @param shared whether another image of the store has the blob too
     */
    public record OfLayer(
            Digest blob,
            Digest diffId,
            long blobBytes,
            long tarBytes,
            int entries,
            int marks,
            long fileBytes,
            long shownBytes,
            boolean shared) {
        public long wastedBytes() {
            return fileBytes - shownBytes;
        }
    }

    /**
     * Adds it up. Blocks.
     *
     * @param visible which other images may be told of, by their names
     */
    public static Usage of(Image image, Store store, Predicate<String> visible) {
        long[] shown = shown(image.tree(), image.layers().size());
        Set<String> own = names(store, image.plan().descriptor().digest());
        List<OfLayer> layers = new ArrayList<>();
        for (int i = 0; i < shown.length; i++) {
            Changes changes = Changes.open(image.layers().get(i).changes());
            Digest blob = image.plan().layers().get(i).blob().digest();
            Set<String> others = names(store, blob);
            others.removeAll(own);
            layers.add(new OfLayer(
                    blob,
                    image.layers().get(i).diffId(),
                    image.plan().layers().get(i).blob().size(),
                    image.layers().get(i).size(),
                    changes.count(),
                    changes.marks(),
                    fileBytes(changes),
                    shown[i],
                    others.stream().anyMatch(visible)));
        }
        return new Usage(image, layers);
    }

    private static Set<String> names(Store store, Digest blob) {
        return new HashSet<>(store.read(catalogue -> catalogue.namesNeeding(Node.blob(blob), MOST_NAMES))
                .orElse(List.of()));
    }

    private static long[] shown(Tree tree, int layers) {
        long[] shown = new long[layers];
        for (int inode = 0; inode < tree.inodes(); inode++) {
            if (tree.type(inode) == FileType.REGULAR) {
                for (int i = 0; i < tree.extents(inode); i++) {
                    shown[tree.layer(inode)] += tree.extentLength(inode, i);
                }
            }
        }
        return shown;
    }

    private static long fileBytes(Changes changes) {
        long[] bytes = {0};
        changes.forEach(change -> {
            if (change instanceof Change.Put(byte[] path, Inode inode, long offset)) {
                for (int i = 1; i < inode.extents().length; i += 3) {
                    bytes[0] += inode.extents()[i];
                }
            }
        });
        return bytes[0];
    }

    public long blobBytes() {
        return layers.stream().mapToLong(OfLayer::blobBytes).sum();
    }

    public long tarBytes() {
        return layers.stream().mapToLong(OfLayer::tarBytes).sum();
    }

    public long fileBytes() {
        return layers.stream().mapToLong(OfLayer::fileBytes).sum();
    }

    public long shownBytes() {
        return layers.stream().mapToLong(OfLayer::shownBytes).sum();
    }

    public long wastedBytes() {
        return fileBytes() - shownBytes();
    }

    /** Of the blobs that other images have too. */
    public long sharedBytes() {
        return layers.stream()
                .filter(OfLayer::shared)
                .mapToLong(OfLayer::blobBytes)
                .sum();
    }

    /** How much of the bytes of files the image shows: 1 when nothing is wasted. */
    public double efficiency() {
        return fileBytes() == 0 ? 1 : (double) shownBytes() / fileBytes();
    }

    /** @param reference what it was asked for by */
    public ObjectNode toJson(String reference) {
        ObjectNode json = Json.object()
                .put("reference", reference)
                .put("digest", image.plan().descriptor().digest().toString())
                .put("platform", image.plan().platform().toString());
        ArrayNode array = json.putArray("layers");
        for (OfLayer layer : layers) {
            array.addObject()
                    .put("digest", layer.blob().toString())
                    .put("diffId", layer.diffId().toString())
                    .put("blobBytes", layer.blobBytes())
                    .put("tarBytes", layer.tarBytes())
                    .put("entries", layer.entries())
                    .put("whiteouts", layer.marks())
                    .put("fileBytes", layer.fileBytes())
                    .put("shownBytes", layer.shownBytes())
                    .put("wastedBytes", layer.wastedBytes())
                    .put("shared", layer.shared());
        }
        json.putObject("total")
                .put("blobBytes", blobBytes())
                .put("tarBytes", tarBytes())
                .put("fileBytes", fileBytes())
                .put("shownBytes", shownBytes())
                .put("wastedBytes", wastedBytes())
                .put("sharedBytes", sharedBytes())
                .put("efficiency", efficiency());
        return json;
    }
}
