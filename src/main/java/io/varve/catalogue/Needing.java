package io.varve.catalogue;

import java.util.List;

/** Who needs a node. */
final class Needing {
    private Needing() {}

    static List<String> names(Session session, Node node, int limit) {
        return session.list("""
                WITH RECURSIVE up (id) AS (
                  SELECT id FROM node WHERE digest = ? AND kind = ?
                  UNION SELECT e.parent FROM up JOIN edge e ON e.child = up.id)
                SELECT name FROM tag WHERE image IN up ORDER BY name LIMIT ?""", row -> row.getString(1), node.digest().toString(), Rows.word(node.kind()), limit);
    }

    private static final String SELF = "SELECT id FROM node WHERE digest = ?1 AND kind = ?2";

    /** A table {@code up} of an image and the image indexes that lead to it. */
    private static final String IMAGES = """
            WITH RECURSIVE up (id) AS (
              %s
              UNION SELECT e.parent FROM up JOIN edge e ON e.child = up.id AND e.role = 'manifest')
            """;

    private static final String IMAGE = IMAGES.formatted(SELF);

    /** What has a node among its parts, and then images alone: a manifest is bytes like any others to what has it among its blobs. */
    private static final String PART = IMAGES.formatted(SELF
            + " UNION SELECT e.parent FROM node n JOIN edge e ON e.child = n.id WHERE n.digest = ?1 AND n.kind = ?2");

    private static final String NAMED =
            "SELECT 1 FROM up CROSS JOIN tag t ON t.image = up.id WHERE substr(t.name, 1, length(?3)) = ?3 LIMIT 1";

    /** As if a repository had a name for whatever was pushed to it; where that is a blob, this leads to nothing. */
    private static final String PUSHED = "SELECT 1 FROM up CROSS JOIN pushed p ON p.node = up.id"
            + " WHERE (p.image %s) AND substr(p.repository || ':', 1, length(?3)) = ?3 LIMIT 1";

    private static final String PUSHED_IMAGE = PUSHED.formatted("");
    private static final String PUSHED_PART = PUSHED.formatted("OR p.node = (" + SELF + ")");

    /** The way up ends at the first name that will do. */
    static boolean isNeeded(Session session, Node node, String prefix) {
        return isFound(session, PART + NAMED, node, prefix)
                || (Schema.tellsPushedImages(session) && isFound(session, PART + PUSHED_PART, node, prefix));
    }

    static boolean isImage(Session session, Node node, String prefix) {
        return isFound(session, IMAGE + NAMED, node, prefix)
                || (Schema.tellsPushedImages(session) && isFound(session, IMAGE + PUSHED_IMAGE, node, prefix));
    }

    static boolean leads(Session session, Node index, Node image) {
        return session.first(
                        IMAGE + "SELECT 1 FROM up JOIN node n ON n.id = up.id WHERE n.digest = ?3 AND n.kind = ?4",
                        row -> true,
                        image.digest().toString(),
                        Rows.word(image.kind()),
                        index.digest().toString(),
                        Rows.word(index.kind()))
                .isPresent();
    }

    private static boolean isFound(Session session, String question, Node node, String prefix) {
        return session.first(question, row -> true, node.digest().toString(), Rows.word(node.kind()), prefix)
                .isPresent();
    }

    static boolean isWorkedOn(Session session, Node node) {
        return session.first(
                        "SELECT 1 FROM node n JOIN lease_node k ON k.node = n.id JOIN lease l ON l.id = k.lease"
                                + " WHERE n.digest = ? AND n.kind = ? AND l.job IS NOT NULL LIMIT 1",
                        row -> true,
                        node.digest().toString(),
                        Rows.word(node.kind()))
                .isPresent();
    }
}
