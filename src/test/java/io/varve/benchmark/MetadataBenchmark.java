package io.varve.benchmark;

import io.varve.layerfs.FileType;
import io.varve.layerfs.Inode;
import io.varve.layerfs.Stack;
import io.varve.layerfs.Tree;
import io.varve.layerfs.TreeBuilder;
import io.varve.manifest.MetadataCache;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.ImageConfig;
import io.varve.oci.Json;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.oci.Platform;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How far what the metadata cache thinks that manifests and trees take is from what they take. No arguments; how long the cache takes
 * is for {@link Micro}.
 */
public final class MetadataBenchmark {
    private static final int IMAGES = 1000;
    private static final int LAYERS = 10;
    private static final int TREES = 50;
    private static final int NAMES = 20_000;

    private MetadataBenchmark() {}

    public static void main(String[] arguments) throws InterruptedException {
        List<byte[]> manifests = new ArrayList<>();
        for (int i = 0; i < IMAGES; i++) {
            manifests.add(manifest(i));
        }
        long before = used();
        MetadataCache cache = new MetadataCache(1L << 30);
        for (byte[] each : manifests) {
            byte[] mine = each.clone();
            Descriptor manifest = Descriptor.of(MediaType.Known.OCI_MANIFEST, Digest.sha256(mine), mine.length);
            cache.document(manifest, (descriptor, limit) -> mine, Json.DEFAULT_LIMIT);
        }
        System.out.printf(
                Locale.ROOT,
                "%d manifests of %d bytes: %d bytes of heap each, estimated %d%n",
                IMAGES,
                manifests.getFirst().length,
                (used() - before) / IMAGES,
                cache.bytes(MetadataCache.Kind.DOCUMENT) / IMAGES);

        List<Stack> stacks = new ArrayList<>();
        before = used();
        for (int i = 0; i < TREES; i++) {
            stacks.add(new Stack(List.of(), tree()));
        }
        System.out.printf(
                Locale.ROOT,
                "%d trees of %d names: %d bytes of heap each, estimated %d%n",
                stacks.size(),
                NAMES,
                (used() - before) / TREES,
                stacks.getFirst().bytes());
    }

    private static byte[] manifest(int image) {
        byte[] config = ImageConfig.of(Platform.parse("linux/amd64"), List.of(digest("diff", image, 0)))
                .bytes();
        List<Descriptor> layers = new ArrayList<>();
        for (int k = 0; k < LAYERS; k++) {
            layers.add(Descriptor.of(MediaType.Known.OCI_LAYER_GZIP, digest("layer", image, k), 1000L * k + image)
                    .annotated("org.example.step", "RUN make step-" + k));
        }
        Descriptor configured = Descriptor.of(MediaType.Known.OCI_CONFIG, Digest.sha256(config), config.length);
        return Manifest.of(configured, layers).bytes();
    }

    private static Digest digest(String what, int image, int k) {
        return Digest.sha256((what + image + "." + k).getBytes(StandardCharsets.UTF_8));
    }

    private static Tree tree() {
        TreeBuilder builder = new TreeBuilder(NAMES, 1L << 30);
        for (int i = 0; i < NAMES; i++) {
            Inode file = new Inode(
                    FileType.REGULAR, 0644, 0, 0, i, 0, 100, 0, 0, new byte[0], List.of(), new long[] {0, 100, 1024L * i
                    });
            byte[] name = ("file-" + i + ".txt").getBytes(StandardCharsets.UTF_8);
            builder.put(Tree.ROOT, name, 0, name.length, builder.add(file, 0));
        }
        return builder.build();
    }

    private static long used() throws InterruptedException {
        for (int i = 0; i < 5; i++) {
            System.gc();
            Thread.sleep(50);
        }
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
