package io.varve.build;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.varve.build.BuildSpec.CopiedPath;
import io.varve.build.BuildSpec.CopyFrom;
import io.varve.failure.Failure;
import io.varve.layerfs.Layer;
import io.varve.layerfs.Tree;
import io.varve.layerfs.TreeTar;
import io.varve.pipeline.Image;
import java.nio.channels.WritableByteChannel;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Files of another image, straight from its layers: owners, times and xattrs are those that they have there. Telling it fails with NotFound for
 * a path that the image does not have.
 */
final class CopyContent implements TreeContent {
    private final CopyFrom spec;
    private final TreeTar.@Nullable Owner owner;
    private volatile Image image;

    CopyContent(CopyFrom spec, Image image) {
        this.spec = spec;
        this.image = image;
        owner = spec.owner() == null
                ? null
                : new TreeTar.Owner(spec.owner().uid(), spec.owner().gid());
    }

    @Override
    public List<Layer> layers() {
        return image.layers();
    }

    @Override
    public void forget() {
        image = image.afresh();
    }

    @Override
    public void writeTo(WritableByteChannel out) {
        Image told = image;
        Tree tree = told.tree();
        List<TreeTar.Copy> copies =
                spec.paths().stream().map(path -> copy(tree, path)).toList();
        TreeTar.copy(tree, told.layers(), copies, owner, out);
    }

    private static TreeTar.Copy copy(Tree tree, CopiedPath path) {
        String source = path.source();
        int inode = tree.resolve(source.getBytes(UTF_8));
        if (inode == Tree.NONE) {
            throw Failure.notFound("the image has no /" + source);
        }
        String target = path.target();
        if (!tree.isDirectory(inode) && (target.isEmpty() || target.endsWith("/"))) {
            target += source.substring(source.lastIndexOf('/') + 1);
        }
        String place = target.endsWith("/") ? target.substring(0, target.length() - 1) : target;
        return new TreeTar.Copy(inode, place.getBytes(UTF_8));
    }

    @Override
    public long mostBytes() {
        return Long.MAX_VALUE;
    }
}
