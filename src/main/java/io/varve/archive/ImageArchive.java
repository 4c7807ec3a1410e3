package io.varve.archive;

import java.nio.channels.WritableByteChannel;

/** An image that is about to be written as one file: what belongs in it is known and there. */
public interface ImageArchive {

    /**
     * Writes all of it; the same image gives the same bytes. Blocks, and may be interrupted.
     *
     * @param out blocking; stays the caller's to close. When this throws, what was written is no whole archive
     * @throws io.varve.failure.Failure naming the member that could not be read or written
     */
    void writeTo(WritableByteChannel out);

    /** What is in it, for people: {@code 12 blobs}. */
    String summary();
}
