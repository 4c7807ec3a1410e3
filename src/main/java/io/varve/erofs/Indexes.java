package io.varve.erofs;

import io.varve.content.DigestDirectory;
import io.varve.failure.Failure;
import io.varve.layerfs.Layer;
import io.varve.layerfs.Tree;
import io.varve.oci.Digest;
import io.varve.os.Staged;
import io.varve.os.Staging;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The indexes of a store, one for each stack of layers that was ever mounted:
 * {@code images/<algorithm>/<chainId>/index}. Committed like layers: whoever finds one finds all of it. Safe for any
 * thread; blocks on the disk.
 */
public final class Indexes {
    private static final Logger LOG = LoggerFactory.getLogger(Indexes.class);
    private static final String INDEX = "index";

    private final DigestDirectory places;
    private final Staging staging;
    private final ErofsLimits limits;

    public Indexes(Path store, Staging staging, ErofsLimits limits) {
        places = new DigestDirectory(store.resolve("images"));
        this.staging = staging;
        this.limits = limits;
    }

    /**
     * The index of a stack, written if it is not there.
     *
     * @param layers the stack, base first
     * @param tree what the stack shows; asked for only if the index has to be written
     * @return the index file, which never changes
     */
    public Path index(Digest chainId, List<Layer> layers, Supplier<Tree> tree) {
        Path index = file(chainId);
        if (Files.exists(index)) {
            return index;
        }
        Tree shown = tree.get();
        try (Staged staged = staging.begin("index")) {
            try (FileChannel out = staged.create(INDEX)) {
                ErofsIndex written = ErofsWriter.write(shown, layers, chainId, out, limits);
                if (written.droppedXattrs() > 0) {
                    LOG.warn(
                            "index of {}: left out {} extended attributes that EROFS cannot express",
                            chainId,
                            written.droppedXattrs());
                }
            }
            staged.publish(home(chainId));
            return index;
        } catch (IOException | Failure e) {
            throw Failure.from(e).during("index of " + chainId);
        }
    }

    /**
     * All that a stack shows, read back from its index, if there is one that has all of it: not one without the xattrs that EROFS
     * cannot express, nor one that is too old to say.
     *
     * @param layers the stack, base first
     * @throws Failure Invalid when the index is damaged, Mismatch when it is of other layers
     */
    public Optional<Tree> tree(Digest chainId, List<Layer> layers) {
        Path index = file(chainId);
        if (!Files.exists(index)) {
            return Optional.empty();
        }
        try (FileChannel in = FileChannel.open(index, StandardOpenOption.READ)) {
            return ErofsReader.hasAllXattrs(in) ? Optional.of(ErofsReader.read(in, layers, limits)) : Optional.empty();
        } catch (IOException | Failure e) {
            throw Failure.from(e).during("reading index " + index);
        }
    }

    /**
     * What a stack shows, looked up in its index, if there is one; for one thread, which closes it.
     *
     * @param layers the stack, base first
     * @throws Failure Invalid when it is no index, Mismatch when it is of other layers
     */
    public Optional<IndexedFilesystem> filesystem(Digest chainId, List<Layer> layers) {
        Path index = file(chainId);
        if (!Files.exists(index)) {
            return Optional.empty();
        }
        try {
            return Optional.of(IndexedFilesystem.open(index, layers));
        } catch (IOException | Failure e) {
            throw Failure.from(e).during("reading index " + index);
        }
    }

    /** The index of the stack, if it is there. */
    public Optional<Path> find(Digest chainId) {
        Path index = file(chainId);
        return Files.isRegularFile(index, LinkOption.NOFOLLOW_LINKS) ? Optional.of(index) : Optional.empty();
    }

    /** Where the index is, or would be: what has to be taken away to remove it. */
    public Path home(Digest chainId) {
        return places.place(chainId);
    }

    /** Everything there is, with the chainId that its place says; null for what is in no place of an index. */
    public void list(BiConsumer<Path, @Nullable Digest> each) throws IOException {
        places.list(each);
    }

    private Path file(Digest chainId) {
        return home(chainId).resolve(INDEX);
    }
}
