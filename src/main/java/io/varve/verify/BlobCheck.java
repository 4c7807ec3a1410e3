package io.varve.verify;

import io.varve.catalogue.Node;
import io.varve.content.Blob;
import io.varve.oci.Digest;
import java.io.IOException;

/** A blob: its bytes, what the catalogue says of it, and of what it needs. */
record BlobCheck(Scene scene, Blob blob) implements Check {

    @Override
    public Node node() {
        return Node.blob(blob.digest());
    }

    @Override
    public long bytes() {
        return blob.size();
    }

    @Override
    public void look(Place place) throws IOException {
        if (!place.was().isRegularFile()) {
            scene.damaged(place, node(), place.wanted("a regular file"));
            return;
        }
        Reading got = Reading.of(blob.file(), blob.digest().algorithm(), scene, slab -> {});
        if (!got.digest().equals(blob.digest())) {
            scene.damaged(place, node(), wrong("digest", got, blob.digest()));
            return;
        }
        Records records = scene.records();
        if (records != null) {
            records.check(node(), got.bytes());
            new NeedsCheck(scene, records, blob).look();
        }
    }

    static String wrong(String what, Reading got, Digest wanted) {
        return what + " of " + got.bytes() + " bytes: got " + got.digest() + ", wanted " + wanted;
    }
}
