package io.varve.catalogue;

import java.time.Instant;
import java.util.Collection;
import java.util.List;

/** What is kept: all that a tag, a lease, a job or one of the roots leads to. */
final class Reachability {
    /** Leases that keep something; a lease loses its job when that ends. Parameter: now. */
    static final String ACTIVE = "(l.expires > ? OR l.job IS NOT NULL)";

    /** What was pushed for a subject is kept with that, and by itself is nobody's. */
    private static final String REFERRERS = """
              UNION SELECT r.image FROM live JOIN node s ON s.id = live.id AND s.kind = 'blob'
                JOIN referrer r ON r.subject = s.digest JOIN pushed p ON p.node = r.image
            """;

    private static final String KEPT = """
            WITH RECURSIVE live (id) AS (
              SELECT image FROM tag
              UNION SELECT k.node FROM lease l JOIN lease_node k ON k.lease = l.id WHERE %s
              UNION SELECT n.id FROM json_each(?) r JOIN node n
                ON n.digest = json_extract(r.value, '$[1]') AND n.kind = json_extract(r.value, '$[0]')
              UNION SELECT e.child FROM live JOIN edge e ON e.parent = live.id
            """.formatted(ACTIVE);

    private Reachability() {}

    /** A table {@code live} of ids. Parameters: now, {@link #json the roots}. */
    static String live(Session session) {
        return KEPT + (Schema.hasPushes(session) ? REFERRERS : "") + ")\n";
    }

    static List<Entry> garbage(Session session, Collection<Node> roots, Instant now) {
        return session.list(
                live(session) + "SELECT " + Rows.ENTRY + " FROM node n WHERE n.id NOT IN live",
                Rows::entry,
                Rows.millis(now),
                json(roots));
    }

    /** What needs a piece of garbage is garbage too, so no sum of what is kept changes. */
    static void condemn(Session session, Collection<Node> nodes) {
        String ids = "SELECT n.id FROM json_each(?) r JOIN node n"
                + " ON n.digest = json_extract(r.value, '$[1]') AND n.kind = json_extract(r.value, '$[0]')";
        String json = json(nodes);
        session.change("DELETE FROM image WHERE node IN (" + ids + ")", json);
        session.change("UPDATE node SET present = 0 WHERE present AND id IN (" + ids + ")", json);
    }

    /**
     * Nothing that is live is forgotten. What needs a forgotten node is not live either; if it is a part of an image, that
     * one counts as not recorded from now on, lest it gets a name while nothing leads from it to all of its parts.
     */
    static void forget(Session session, Collection<Node> nodes, Instant now) {
        session.change(
                "DELETE FROM lease AS l WHERE NOT " + ACTIVE
                        + " OR NOT EXISTS (SELECT 1 FROM lease_node WHERE lease = l.id)",
                Rows.millis(now));
        List<Long> dead = session.list(
                live(session) + "SELECT n.id FROM json_each(?) r JOIN node n"
                        + " ON n.digest = json_extract(r.value, '$[1]') AND n.kind = json_extract(r.value, '$[0]')"
                        + " WHERE n.id NOT IN live",
                row -> row.getLong(1),
                Rows.millis(now),
                "[]",
                json(nodes));
        for (long id : dead) {
            session.change("""
                    WITH RECURSIVE up (id) AS (SELECT ? UNION SELECT e.parent FROM up JOIN edge e ON e.child = up.id)
                    DELETE FROM image WHERE node IN up""", id);
        }
        for (long id : dead) {
            session.change("DELETE FROM node WHERE id = ?", id);
        }
    }

    /** Nodes as one value. Their words have nothing in them that would need quoting. */
    static String json(Collection<Node> nodes) {
        StringBuilder json = new StringBuilder("[");
        for (Node node : nodes) {
            json.append(json.length() == 1 ? "" : ",")
                    .append("[\"")
                    .append(Rows.word(node.kind()))
                    .append("\",\"")
                    .append(node.digest())
                    .append("\"]");
        }
        return json.append(']').toString();
    }
}
