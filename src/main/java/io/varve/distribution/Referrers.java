package io.varve.distribution;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.varve.content.ContentStore;
import io.varve.oci.Descriptor;
import io.varve.oci.Document;
import io.varve.oci.Json;
import io.varve.oci.MediaType;
import org.jspecify.annotations.Nullable;

/** An image index of what says something of one image, as large as an answer may be. Belongs to one thread. */
final class Referrers {
    private final int most;
    private final long bytes;
    private final ObjectNode index = Json.object();
    private final ArrayNode manifests;
    // Of those that are listed.
    private long size;
    private String last = "";
    private boolean full;

    Referrers(int most, long bytes) {
        this.most = most;
        this.bytes = bytes;
        index.put("schemaVersion", 2).put("mediaType", MediaType.Known.OCI_INDEX.toString());
        manifests = index.putArray("manifests");
    }

    /** Reads it and lists it; false when there is no room for it any more. */
    boolean add(Content content, ContentStore store) {
        Descriptor descriptor = Descriptor.of(content.mediaType(), content.digest(), content.size());
        byte[] read = store.read(descriptor, content.size());
        ObjectNode listed =
                descriptor.listing(Document.parse(read, content.size())).toJson();
        long more = Json.write(listed).length;
        if (manifests.size() == most || (size + more > bytes && !manifests.isEmpty())) {
            full = true;
            return false;
        }
        size += more;
        last = content.digest().toString();
        manifests.add(listed);
        return true;
    }

    ObjectNode json() {
        return index;
    }

    /** Behind which digest there is more; null when that is nothing. */
    @Nullable
    String rest() {
        return full ? last : null;
    }
}
