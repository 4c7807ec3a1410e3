package io.varve.erofs;

import io.varve.failure.Failure;
import io.varve.layerfs.Layer;
import io.varve.layerfs.Tree;
import io.varve.oci.Digest;
import io.varve.os.Staged;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The indexes of a store, one for each stack of layers that was ever mounted:
 * {@code images/<algorithm>/<chainId>/index}. Committed like layers: whoever finds one finds all of it. Safe for any
 * thread; blocks on the disk.
 */
public final class Indexes {
    private static final String INDEX = "index";

    private final Path images;
    private final Path ingest;
    private final ErofsLimits limits;

    public Indexes(Path store, ErofsLimits limits) {
        images = store.resolve("images");
        ingest = store.resolve("ingest");
        this.limits = limits;
    }

    /**
     * The index of a stack, written if it is not there.
     *
     * @param tree what the stack shows
     * @param layers the stack, base first
     * @return the index file, which never changes
     */
    public Path index(Digest chainId, Tree tree, List<Layer> layers) {
        Path home = images.resolve(chainId.algorithm().toString()).resolve(chainId.hex());
        Path index = home.resolve(INDEX);
        if (Files.exists(index)) {
            return index;
        }
        try (Staged staged = Staged.in(ingest, "index-")) {
            try (FileChannel out = staged.create(INDEX)) {
                ErofsWriter.write(tree, layers, chainId, out, limits);
                out.force(true);
            }
            staged.publish(home);
            return index;
        } catch (IOException e) {
            throw Failure.refused(e).during("writing the index of " + chainId);
        } catch (Failure e) {
            throw e.during("index of " + chainId);
        }
    }
}
