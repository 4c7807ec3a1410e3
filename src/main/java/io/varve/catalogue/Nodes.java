package io.varve.catalogue;

import io.varve.oci.Digest;
import java.util.List;
import java.util.Optional;

/** Nodes and edges, read. */
final class Nodes {
    private Nodes() {}

    static Optional<Entry> find(Session session, Node node) {
        return session.first(
                "SELECT " + Rows.ENTRY + " FROM node n WHERE n.digest = ? AND n.kind = ?",
                Rows::entry,
                node.digest().toString(),
                Rows.word(node.kind()));
    }

    static List<Entry> all(Session session) {
        return session.list("SELECT " + Rows.ENTRY + " FROM node n", Rows::entry);
    }

    static long bytes(Session session, Node.Kind kind) {
        return session.first(
                        "SELECT coalesce(sum(n.size), 0) FROM node n WHERE n.kind = ? AND n.present AND n.size > 0",
                        row -> row.getLong(1),
                        Rows.word(kind))
                .orElse(0L);
    }

    static List<Edge> needs(Session session, Node parent) {
        return session.list(
                "SELECT e.role, e.position, c.kind, c.digest FROM node n"
                        + " JOIN edge e ON e.parent = n.id JOIN node c ON c.id = e.child"
                        + " WHERE n.digest = ? AND n.kind = ? ORDER BY e.role, e.position",
                row -> new Edge(parent, Rows.role(row.getString(1)), row.getInt(2), Rows.node(row, 3)),
                parent.digest().toString(),
                Rows.word(parent.kind()));
    }

    /** A manifest has a layer at the position of the blob that it is in. */
    static List<Digest> blobsOf(Session session, Digest diffId) {
        return session.list(
                "SELECT DISTINCT b.digest FROM node l JOIN edge el ON el.child = l.id AND el.role = 'layer'"
                        + " JOIN edge eb ON eb.parent = el.parent AND eb.role = 'blob' AND eb.position = el.position"
                        + " JOIN node b ON b.id = eb.child"
                        + " WHERE l.digest = ? AND l.kind = 'layer' AND b.present ORDER BY b.digest",
                row -> Digest.parse(row.getString(1)),
                diffId.toString());
    }

    static List<Digest> layersOf(Session session, Digest blob) {
        return session.list(
                "SELECT DISTINCT l.digest FROM node b JOIN edge eb ON eb.child = b.id AND eb.role = 'blob'"
                        + " JOIN edge el ON el.parent = eb.parent AND el.role = 'layer' AND el.position = eb.position"
                        + " JOIN node l ON l.id = el.child WHERE b.digest = ? AND b.kind = 'blob' ORDER BY l.digest",
                row -> Digest.parse(row.getString(1)),
                blob.toString());
    }

    /** Ends at the first image that says so: there may be very many. */
    static boolean isLayer(Session session, Digest blob, Digest diffId) {
        return session.first(
                        "SELECT 1 FROM node b JOIN node l JOIN edge eb ON eb.child = b.id AND eb.role = 'blob'"
                                + " JOIN edge el ON el.parent = eb.parent AND el.role = 'layer'"
                                + " AND el.position = eb.position AND el.child = l.id"
                                + " WHERE b.digest = ? AND b.kind = 'blob' AND l.digest = ? AND l.kind = 'layer' LIMIT 1",
                        row -> true,
                        blob.toString(),
                        diffId.toString())
                .isPresent();
    }

    static List<Digest> blobsOf(Session session, Digest diffId, String location) {
        return session.list(
                "SELECT DISTINCT b.digest FROM node l JOIN edge el ON el.child = l.id AND el.role = 'layer'"
                        + " JOIN edge eb ON eb.parent = el.parent AND eb.role = 'blob' AND eb.position = el.position"
                        + " JOIN node b ON b.id = eb.child JOIN source s ON s.node = b.id AND s.location = ?"
                        + " WHERE l.digest = ? AND l.kind = 'layer' AND b.present ORDER BY b.digest",
                row -> Digest.parse(row.getString(1)),
                location,
                diffId.toString());
    }

    static boolean isImage(Session session, Digest image) {
        return session.first(
                        "SELECT 1 FROM node n JOIN image i ON i.node = n.id WHERE n.digest = ? AND n.kind = 'blob'",
                        row -> true,
                        image.toString())
                .isPresent();
    }

    static List<Entry> replaceable(Session session) {
        return session.list(
                "SELECT " + Rows.ENTRY + " FROM node n WHERE n.kind = 'blob' AND n.present"
                        + " AND EXISTS (SELECT 1 FROM edge e WHERE e.child = n.id)"
                        + " AND NOT EXISTS (SELECT 1 FROM edge e WHERE e.child = n.id AND e.role != 'blob')"
                        + " AND NOT EXISTS (SELECT 1 FROM lease_node k WHERE k.node = n.id)"
                        // Whoever pushed it was told that we have it.
                        + " AND NOT EXISTS (SELECT 1 FROM pushed p WHERE p.node = n.id)"
                        // Layouts are somebody's directories.
                        + " AND EXISTS (SELECT 1 FROM source s WHERE s.node = n.id AND s.location GLOB 'docker://*')"
                        // Blobs of artifacts have no layers.
                        + " AND NOT EXISTS (SELECT 1 FROM edge b WHERE b.child = n.id AND b.role = 'blob'"
                        + " AND NOT EXISTS (SELECT 1 FROM edge l JOIN node t ON t.id = l.child WHERE l.parent = b.parent"
                        + " AND l.role = 'layer' AND l.position = b.position AND t.present))",
                Rows::entry);
    }

    /** Of an image index every image that is there is looked at, and one has to be; of a layer its blob or its tar. */
    static Optional<Node> missing(Session session, Digest image) {
        return session.first("""
                WITH RECURSIVE part (id) AS (
                  SELECT id FROM node WHERE digest = ? AND kind = 'blob'
                  UNION SELECT n.id FROM part p JOIN edge e ON e.parent = p.id AND e.role = 'manifest'
                    JOIN node n ON n.id = e.child AND n.present)
                SELECT n.kind, n.digest FROM part p JOIN edge e ON e.parent = p.id JOIN node n ON n.id = e.child
                WHERE NOT n.present AND (e.role = 'config'
                  OR (e.role = 'blob' AND NOT EXISTS (SELECT 1 FROM edge l JOIN node t ON t.id = l.child
                    WHERE l.parent = e.parent AND l.role = 'layer' AND l.position = e.position AND t.present))
                  OR (e.role = 'manifest' AND NOT EXISTS (SELECT 1 FROM edge o JOIN node t ON t.id = o.child
                    WHERE o.parent = e.parent AND o.role = 'manifest' AND t.present)))
                ORDER BY e.position LIMIT 1""", row -> Rows.node(row, 1), image.toString());
    }

    static List<String> sources(Session session, Digest blob) {
        return session.list(
                "SELECT s.location FROM node n JOIN source s ON s.node = n.id"
                        + " WHERE n.digest = ? AND n.kind = 'blob' ORDER BY s.seen DESC, s.location",
                row -> row.getString(1),
                blob.toString());
    }
}
