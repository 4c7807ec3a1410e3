package io.varve.pipeline;

import io.varve.catalogue.Node;
import io.varve.content.ContentStore;
import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import io.varve.store.Store;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The store itself, for images that are in it.
 *
 * @param leading to which images an image index leads; digests in a document are anybody's words
 */
public record StoredSource(ContentStore content, Predicate<Descriptor> leading) implements ChannelSource {
    /** @param image what the catalogue says of it counts */
    public static StoredSource of(Store store, Descriptor image) {
        Node root = Node.blob(image.digest());
        return new StoredSource(
                store.content(),
                entry -> store.read(catalogue -> catalogue.leads(root, Node.blob(entry.digest())))
                        .orElse(false));
    }

    @Override
    public boolean leadsTo(Descriptor entry) {
        return leading.test(entry);
    }

    @Override
    public byte[] read(Descriptor descriptor, long limit) {
        return content.read(descriptor, limit);
    }

    @Override
    public ReadableByteChannel open(Descriptor blob, long offset) {
        FileChannel file = content.open(blob.digest());
        try {
            return file.position(offset);
        } catch (IOException e) {
            try (file) {
                throw Failure.from(e);
            } catch (IOException suppressed) {
                throw Failure.from(e);
            }
        }
    }

    @Override
    public @Nullable String location() {
        return null;
    }
}
