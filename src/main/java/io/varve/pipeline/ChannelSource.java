package io.varve.pipeline;

import io.varve.oci.Descriptor;
import java.nio.channels.ReadableByteChannel;

/** A source on this machine, whose blobs are read from channels that block. */
public interface ChannelSource extends Source {

    /**
     * Opens a blob; the channel is the caller's to close. What it gives is not verified.
     *
     * @param offset where to begin, at most the blob's size
     * @throws io.varve.failure.Failure NotFound when there is no such blob
     */
    ReadableByteChannel open(Descriptor blob, long offset);

    @Override
    default Feed feed(Descriptor blob, long offset) {
        return new ChannelFeed(() -> open(blob, offset), blob.size() - offset);
    }

    @Override
    default String place() {
        return "this machine";
    }
}
