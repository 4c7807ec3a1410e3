package io.varve.catalogue;

import io.varve.failure.Failure;
import io.varve.oci.ChainId;
import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.Index;
import io.varve.oci.Manifest;
import java.util.ArrayList;
import java.util.List;

/** What documents and stacks need, as the catalogue records it. */
public final class Edges {
    private Edges() {}

    /** The images that it lists, but not those whose digests Varve cannot verify. */
    public static List<Edge> of(Node parent, Index index) {
        List<Edge> edges = new ArrayList<>();
        for (int i = 0; i < index.manifests().size(); i++) {
            Descriptor entry = index.manifests().get(i);
            if (verifiable(entry)) {
                edges.add(new Edge(parent, Edge.Role.MANIFEST, i, Node.blob(entry.digest())));
            }
        }
        return edges;
    }

    /** What the manifest itself names: its configuration, and its layers as transferred. */
    public static List<Edge> of(Node parent, Manifest manifest) {
        List<Edge> edges = new ArrayList<>();
        edges.add(new Edge(
                parent, Edge.Role.CONFIG, 0, Node.blob(manifest.config().digest())));
        for (int i = 0; i < manifest.layers().size(); i++) {
            edges.add(new Edge(
                    parent,
                    Edge.Role.BLOB,
                    i,
                    Node.blob(manifest.layers().get(i).digest())));
        }
        return edges;
    }

    /** @param diffIds what its configuration says of its layers, base first */
    public static List<Edge> of(Node parent, Manifest manifest, List<Digest> diffIds) {
        List<Edge> edges = of(parent, manifest);
        edges.add(new Edge(
                parent, Edge.Role.INDEX, 0, Node.index(ChainId.of(diffIds).digest())));
        edges.addAll(layers(parent, diffIds));
        return edges;
    }

    /** What the index of this stack needs. */
    public static List<Edge> of(List<Digest> diffIds) {
        return layers(Node.index(ChainId.of(diffIds).digest()), diffIds);
    }

    private static List<Edge> layers(Node parent, List<Digest> diffIds) {
        List<Edge> edges = new ArrayList<>();
        for (int i = 0; i < diffIds.size(); i++) {
            edges.add(new Edge(parent, Edge.Role.LAYER, i, Node.layer(diffIds.get(i))));
        }
        return edges;
    }

    /** A descriptor tells its digest only if Varve can compute it. */
    static boolean verifiable(Descriptor entry) {
        try {
            return entry.pointsAt(entry.digest());
        } catch (Failure e) {
            return false;
        }
    }
}
