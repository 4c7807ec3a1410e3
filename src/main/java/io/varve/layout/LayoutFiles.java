package io.varve.layout;

import io.varve.failure.Failure;
import io.varve.oci.Digest;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** The files of a layout that is read, wherever they are. Safe for any thread; blocks. */
sealed interface LayoutFiles permits LayoutDirectory, LayoutArchive {
    String MARKER = "oci-layout";
    String INDEX = "index.json";
    String BLOBS = "blobs";

    static String blob(Digest digest) {
        return BLOBS + "/" + digest.algorithm() + "/" + digest.hex();
    }

    /** The directory or archive, as messages name it. */
    Path place();

    /**
     * Opens a file of the layout, standing at its first byte. The caller closes it.
     *
     * @param name {@link #MARKER}, {@link #INDEX}, or that of a {@link #blob}
     * @throws NoSuchFileException when it is not there
     * @throws Failure Invalid when it is not a regular file of this layout
     */
    Run open(String name) throws IOException;
}
