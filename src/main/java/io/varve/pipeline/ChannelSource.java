package io.varve.pipeline;

import io.varve.failure.Failure;
import io.varve.oci.Descriptor;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;

/** A source on this machine, whose blobs are read from channels that block. */
public interface ChannelSource extends Source {
    String PLACE = "this machine";

    /**
     * Opens a blob; the channel is the caller's to close. What it gives is not verified.
     *
     * @param offset where to begin, at most the blob's size
     * @throws Failure NotFound when there is no such blob
     */
    ReadableByteChannel open(Descriptor blob, long offset);

    /** Whether there is such a blob, of that size, and one that could be verified. */
    @Override
    default boolean has(Descriptor blob) {
        try (ReadableByteChannel there = open(blob, 0)) {
            return !(there instanceof FileChannel file) || file.size() == blob.size();
        } catch (Failure e) {
            return false;
        } catch (IOException e) {
            throw Failure.from(e).during("blob " + blob.digest());
        }
    }

    @Override
    default Feed feed(Descriptor blob, long offset) {
        return new ChannelFeed(() -> open(blob, offset), blob.size() - offset);
    }

    @Override
    default String place() {
        return PLACE;
    }
}
