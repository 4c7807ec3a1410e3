package io.varve.content;

import io.varve.failure.Failure;
import io.varve.oci.Digest;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where everything is. A path out of here has a digest or one of our own words as its last name, nothing of anybody else. */
record Places(Path blobs, Path ingest) {
    /** Before the digest, of a download that another process can go on with. */
    private static final String RESUMABLE = "blob-";

    /** Of an ingest that ends with its process. */
    static final String PRIVATE = "private-";

    /** Of a reservation. */
    static final String SPACE = "space-";

    Path blob(Digest digest) {
        return blobs.resolve(digest.algorithm().toString()).resolve(digest.hex());
    }

    /** The digest whose place this is; null when it is nobody's. */
    @Nullable
    Digest blobAt(Path file) {
        if (file.getNameCount() != blobs.getNameCount() + 2 || !file.startsWith(blobs)) {
            return null;
        }
        Path place = blobs.relativize(file);
        return parse(place.getName(0) + ":" + place.getName(1));
    }

    Path resumable(Digest digest) {
        return ingest.resolve(RESUMABLE + digest.algorithm() + "-" + digest.hex());
    }

    /** The digest whose interrupted ingest has this place; null when it is nobody's. */
    @Nullable
    Digest resumableAt(Path directory) {
        String name = String.valueOf(directory.getFileName());
        int dash = name.indexOf('-', RESUMABLE.length());
        return name.startsWith(RESUMABLE) && dash > 0
                ? parse(name.substring(RESUMABLE.length(), dash) + ":" + name.substring(dash + 1))
                : null;
    }

    private static @Nullable Digest parse(String text) {
        try {
            return Digest.parse(text);
        } catch (Failure e) {
            return null;
        }
    }
}
