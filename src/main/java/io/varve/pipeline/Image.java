package io.varve.pipeline;

import io.varve.catalogue.Node;
import io.varve.erofs.IndexedFilesystem;
import io.varve.failure.Failure;
import io.varve.layerfs.Filesystem;
import io.varve.layerfs.Layer;
import io.varve.layerfs.Stack;
import io.varve.layerfs.Tree;
import io.varve.manifest.ImagePlan;
import io.varve.oci.Digest;
import io.varve.store.Store;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** An image whose layers are all in the store, and what they show. Safe for any thread. */
public final class Image implements Brought {
    private final ImagePlan plan;
    private final List<Layer> layers;
    private final Store store;

    // Asked for by the first who wants it: mounting an image that has its index never does. Whoever has the image has
    // its tree to the end, whether the cache still has it or not.
    private volatile @Nullable Tree tree;

    private Image(ImagePlan plan, List<Layer> layers, Store store, @Nullable Tree tree) {
        this.plan = plan;
        this.layers = List.copyOf(layers);
        this.store = store;
        this.tree = tree;
    }

    static Image of(ImagePlan plan, List<Layer> layers, Store store) {
        return new Image(plan, layers, store, null);
    }

    /** One whose tree is known. */
    static Image of(ImagePlan plan, Stack stack, Store store) {
        return new Image(plan, stack.layers(), store, stack.tree());
    }

    /** The same, which does not have its tree to the end if this has. */
    public Image afresh() {
        return of(plan, layers, store);
    }

    public ImagePlan plan() {
        return plan;
    }

    /** Base first. */
    public List<Layer> layers() {
        return layers;
    }

    public Digest chainId() {
        return plan.chainId().digest();
    }

    /**
     * What the layers show, if that was asked for lately; else from the image's index if the store has one that has all of it, else
     * merged from their changes. The first call blocks on the disk.
     *
     * @throws Failure Invalid when an entry has no place in the stack, Exceeded when a limit was passed
     */
    public Tree tree() {
        Tree known = tree;
        if (known == null) {
            known = store.metadata().stack(plan, this::read).tree();
            tree = known;
        }
        return known;
    }

    /** What somebody does with what an image shows. */
    public interface Look {
        void at(Filesystem files) throws IOException;
    }

    /**
     * Has somebody look for a few things in what the layers show. Where the store has an index and nobody has asked for the tree, they are
     * found there, which takes as long in a large image as in a small one. Blocks.
     *
     * @throws Failure as {@link #tree}, and what the index cannot tell since it is damaged
     * @throws IOException what the look throws
     */
    public void look(Look look) throws IOException {
        Tree known = tree;
        if (known == null) {
            Optional<IndexedFilesystem> index = store.indexes().filesystem(chainId(), layers);
            if (index.isPresent()) {
                try (IndexedFilesystem files = index.get()) {
                    look.at(files);
                    return;
                }
            }
        }
        look.at(tree());
    }

    private Stack read() {
        return new Stack(
                layers,
                store.indexes()
                        .tree(chainId(), layers)
                        .orElseGet(() -> store.layers().merge(layers)));
    }

    /**
     * The image's index, written if the store has none, which takes a session of the store. Blocks.
     *
     * @throws Failure as {@link #tree}; Unavailable when another process holds the store
     */
    public Path index() {
        return store.indexes().find(chainId()).orElseGet(this::writeIndex);
    }

    private Path writeIndex() {
        return store.write("index of " + chainId(), session -> {
            Node index = Node.index(chainId());
            long lease = session.write(transaction -> {
                Instant now = Instant.now();
                transaction.index(plan.config().diffIds(), now);
                return transaction.lease(
                        0, List.of(index), now.plus(store.options().lease()));
            });
            Path written = store.indexes().index(chainId(), layers, this::indexed);
            session.write(transaction -> {
                transaction.present(index, size(written), null, Instant.now());
                // It goes when its image goes; of one that the store only has the layers of, as from a layout, it is
                // nobody's.
                if (session.catalogue().isRecorded(plan.descriptor().digest())) {
                    transaction.release(lease);
                }
                return true;
            });
            return written;
        });
    }

    /** Without the cache: of most images that are pulled no file is asked for, and their trees would fill it. */
    private Tree indexed() {
        Tree known = tree;
        if (known == null) {
            known = store.layers().merge(layers);
            tree = known;
        }
        return known;
    }

    private static long size(Path index) {
        try {
            return Files.size(index);
        } catch (IOException e) {
            throw Failure.from(e);
        }
    }
}
