package io.varve.benchmark.trace;

import io.varve.failure.Failure;
import io.varve.layerfs.FileType;
import io.varve.layerfs.Inode;
import io.varve.layerfs.Layer;
import io.varve.layerfs.Stack;
import io.varve.layerfs.Tree;
import io.varve.layerfs.TreeBuilder;
import io.varve.manifest.Documents;
import io.varve.manifest.ImagePlan;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.ImageConfig;
import io.varve.oci.Manifest;
import io.varve.oci.MediaType;
import io.varve.oci.Platform;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Images that are all metadata: a manifest, a configuration and a tree each. Manifests and configurations are an image's own; trees
 * are of a few sizes, from some programs in a directory to a distribution with its packages, and shared by all images of
 * a size, so that thousands of them are cheap to have and weigh what they would.
 */
public final class TracedImages implements Documents {
    /** Names in trees. */
    private static final int[] NAMES = {20, 60, 200, 600, 2000, 6000, 20_000};

    private static final int LAYERS = 8;
    private static final Platform PLATFORM = Platform.parse("linux/amd64");
    private static final byte[] NO_TARGET = {};

    private final List<Descriptor> manifests = new ArrayList<>();
    private final Map<Digest, byte[]> documents = new HashMap<>();
    private final List<Tree> trees = new ArrayList<>();
    private final int[] sizes;

    /** @param seed decides about the sizes */
    public TracedImages(int count, long seed) {
        Random random = new Random(seed);
        for (int names : NAMES) {
            trees.add(tree(names));
        }
        sizes = new int[count];
        for (int i = 0; i < count; i++) {
            // Of two dice the lower one: small images are more frequent than large ones.
            sizes[i] = Math.min(random.nextInt(NAMES.length), random.nextInt(NAMES.length));
            manifests.add(make(i));
        }
    }

    public int count() {
        return sizes.length;
    }

    public Descriptor manifest(int image) {
        return manifests.get(image);
    }

    /** What the image's layers show. */
    Stack stack(int image, ImagePlan plan) {
        Path nowhere = Path.of("/nowhere");
        List<Layer> layers = plan.layers().stream()
                .map(layer -> new Layer(layer.diffId(), nowhere, 0, nowhere))
                .toList();
        return new Stack(layers, trees.get(sizes[image]));
    }

    @Override
    public byte[] read(Descriptor descriptor, long limit) {
        byte[] bytes = documents.get(descriptor.digest());
        if (bytes == null) {
            throw Failure.notFound("there is no " + descriptor);
        }
        return bytes;
    }

    private Descriptor make(int image) {
        List<Digest> diffIds = new ArrayList<>();
        List<Descriptor> layers = new ArrayList<>();
        for (int k = 0; k < LAYERS; k++) {
            diffIds.add(digest("tar", image, k));
            layers.add(Descriptor.of(MediaType.Known.OCI_LAYER_GZIP, digest("layer", image, k), 1000L * k + image)
                    .annotated("org.example.step", "RUN make step-" + k));
        }
        Descriptor config = add(
                MediaType.Known.OCI_CONFIG, ImageConfig.of(PLATFORM, diffIds).bytes());
        return add(MediaType.Known.OCI_MANIFEST, Manifest.of(config, layers).bytes());
    }

    private static Digest digest(String what, int image, int k) {
        return Digest.sha256((what + image + "." + k).getBytes(StandardCharsets.UTF_8));
    }

    private Descriptor add(MediaType mediaType, byte[] bytes) {
        Digest digest = Digest.sha256(bytes);
        documents.put(digest, bytes);
        return Descriptor.of(mediaType, digest, bytes.length);
    }

    private static Tree tree(int names) {
        TreeBuilder builder = new TreeBuilder(names, 1L << 30);
        for (int i = 0; i < names; i++) {
            Inode file = new Inode(
                    FileType.REGULAR, 0644, 0, 0, i, 0, 100, 0, 0, NO_TARGET, List.of(), new long[] {0, 100, 1024L * i
                    });
            byte[] name = ("file-" + i + ".txt").getBytes(StandardCharsets.UTF_8);
            builder.put(Tree.ROOT, name, 0, name.length, builder.add(file, i % LAYERS));
        }
        return builder.build();
    }
}
