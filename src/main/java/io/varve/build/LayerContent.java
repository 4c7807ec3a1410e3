package io.varve.build;

import java.io.IOException;
import java.nio.channels.WritableByteChannel;

/** A layer that can be told as a tar as often as need be, and is the same each time unless somebody changes what it is told of. */
interface LayerContent {
    /**
     * Writes the tar. Blocks; may be interrupted.
     *
     * @param out blocking; stays the caller's
     */
    void writeTo(WritableByteChannel out) throws IOException;

    /** The most bytes of the tar; of no meaning but for how much memory is set aside. */
    long mostBytes();
}
