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

    private static final String UP = """
            WITH RECURSIVE up (id) AS (
              SELECT id FROM node WHERE digest = ?1 AND kind = ?2
              UNION SELECT e.parent FROM up JOIN edge e ON e.child = up.id)
            """;

    private static final String NAMED = UP
            + "SELECT 1 FROM up CROSS JOIN tag t ON t.image = up.id WHERE substr(t.name, 1, length(?3)) = ?3 LIMIT 1";

    /** As if a repository had a name for whatever was pushed to it. */
    private static final String PUSHED = UP + "SELECT 1 FROM up CROSS JOIN pushed p ON p.node = up.id"
            + " WHERE substr(p.repository || ':', 1, length(?3)) = ?3 LIMIT 1";

    /** The way up ends at the first name that will do. */
    static boolean isNeeded(Session session, Node node, String prefix) {
        return isFound(session, NAMED, node, prefix)
                || (Schema.hasPushes(session) && isFound(session, PUSHED, node, prefix));
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
