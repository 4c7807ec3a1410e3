package io.varve.pipeline;

import io.varve.oci.Descriptor;
import java.nio.channels.ReadableByteChannel;

/** Where the blobs of layers come from. */
@FunctionalInterface
public interface Blobs {

    /**
     * Opens a blob to be read from its first byte; the channel is the caller's to close. What it gives is not verified.
     *
     * @throws io.varve.failure.Failure NotFound when there is no such blob
     */
    ReadableByteChannel open(Descriptor blob);
}
