package io.varve.build;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.varve.build.BuildSpec.CopiedPath;
import io.varve.build.BuildSpec.CopyFrom;
import io.varve.failure.Failure;
import io.varve.layerfs.Layer;
import io.varve.layerfs.Tree;
import io.varve.layerfs.TreeTar;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.List;

/** Files of another image, straight from its layers: owners, times and xattrs are those that they have there. */
final class CopyContent implements LayerContent {
    private final Tree tree;
    private final List<Layer> layers;
    private final List<TreeTar.Copy> copies = new ArrayList<>();
    private final TreeTar.Owner owner;
    private final boolean owned;

    /** @throws Failure NotFound for a path that the image does not have */
    CopyContent(CopyFrom spec, Tree tree, List<Layer> layers) {
        this.tree = tree;
        this.layers = layers;
        owned = spec.owner() != null;
        owner = spec.owner() == null
                ? new TreeTar.Owner(0, 0)
                : new TreeTar.Owner(spec.owner().uid(), spec.owner().gid());
        spec.paths().forEach(path -> copies.add(copy(path)));
    }

    private TreeTar.Copy copy(CopiedPath path) {
        String source = cleaned(path.source());
        int inode = tree.resolve(source.getBytes(UTF_8));
        if (inode == Tree.NONE) {
            throw Failure.notFound("the image has no " + path.source());
        }
        String target = cleaned(path.target());
        boolean into = path.target().endsWith("/") && !tree.isDirectory(inode);
        if (into) {
            target = (target.isEmpty() ? "" : target + "/") + source.substring(source.lastIndexOf('/') + 1);
        }
        if (target.isEmpty() && !tree.isDirectory(inode)) {
            throw Failure.invalid("dest: got " + path.target() + ", wanted a path below the root for a file");
        }
        return new TreeTar.Copy(inode, target.getBytes(UTF_8));
    }

    private static String cleaned(String path) {
        return path.replaceAll("(?<=^|/)(\\./?)+", "").replaceAll("/+", "/").replaceAll("^/|/$", "");
    }

    @Override
    public void writeTo(WritableByteChannel out) {
        TreeTar.copy(tree, layers, copies, owned ? owner : null, out);
    }

    @Override
    public long mostBytes() {
        return Long.MAX_VALUE;
    }
}
