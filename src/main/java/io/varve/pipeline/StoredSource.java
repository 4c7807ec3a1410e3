package io.varve.pipeline;

import io.varve.content.ContentStore;
import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import org.jspecify.annotations.Nullable;

/** The store itself, for images that are in it. */
public record StoredSource(ContentStore content) implements ChannelSource {
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
