package io.varve.catalogue;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Digest;
import io.varve.oci.MediaType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What was pushed to repositories, and which images say something of which. */
final class Pushes {
    /** That keeps something until a document that needs it has come. */
    private static final String LEASE_OF =
            "DELETE FROM lease WHERE id = (SELECT lease FROM pushed WHERE repository = ?1 AND node = ?2)";

    private Pushes() {}

    /** @param image whether it is there as an image, as which it stays there */
    static void put(Session session, String repository, long node, boolean image, long lease) {
        session.change(LEASE_OF, repository, node);
        session.change(
                "INSERT INTO pushed (repository, node, image, lease) VALUES (?, ?, ?, ?)"
                        + " ON CONFLICT DO UPDATE SET image = max(image, excluded.image), lease = excluded.lease",
                repository,
                node,
                image ? 1 : 0,
                lease == 0 ? null : lease);
    }

    static void refer(Session session, long image, Digest subject, @Nullable MediaType type) {
        session.change(
                "INSERT OR IGNORE INTO referrer (image, subject, type) VALUES (?, ?, ?)",
                image,
                subject.toString(),
                type == null ? null : type.toString());
    }

    static List<String> withdraw(Session session, String repository, Digest image) {
        String prefix = repository + ":";
        List<String> names = session.list(
                "SELECT t.name FROM node n JOIN tag t ON t.image = n.id WHERE n.digest = ? AND n.kind = 'blob'"
                        + " AND substr(t.name, 1, length(?)) = ? ORDER BY t.name",
                row -> row.getString(1),
                image.toString(),
                prefix,
                prefix);
        names.forEach(name -> session.change("DELETE FROM tag WHERE name = ?", name));
        session.list("SELECT id FROM node WHERE digest = ? AND kind = 'blob'", row -> row.getLong(1), image.toString())
                .forEach(node -> {
                    session.change(LEASE_OF, repository, node);
                    session.change("DELETE FROM pushed WHERE repository = ? AND node = ?", repository, node);
                });
        if (Needing.isNeeded(session, Node.blob(image), prefix)) {
            throw Failure.of(Category.CONFLICT, "another image of " + repository + " lists " + image);
        }
        return names;
    }

    static boolean isThere(Session session, String repository) {
        return Schema.hasPushes(session)
                && session.first("SELECT 1 FROM pushed WHERE repository = ? LIMIT 1", row -> true, repository)
                        .isPresent();
    }

    /** Others may have as many of the same subject as they like: of those no more than that is looked at here. */
    private static final String REFERRERS = """
            SELECT n.digest FROM referrer r JOIN node n ON n.id = r.image
            WHERE r.subject = ?1 AND (?2 IS NULL OR r.type = ?2) AND n.digest > ?3 AND EXISTS (
              WITH RECURSIVE up (id) AS (SELECT r.image UNION SELECT e.parent FROM up JOIN edge e ON e.child = up.id)
              SELECT 1 FROM up
              WHERE EXISTS (SELECT 1 FROM pushed p WHERE p.repository = ?4 AND p.node = up.id)
                OR EXISTS (SELECT 1 FROM tag t WHERE t.image = up.id AND substr(t.name, 1, length(?4) + 1) = ?4 || ':'))
            ORDER BY n.digest LIMIT ?5""";

    static List<Digest> referrers(
            Session session, Digest subject, String repository, @Nullable String type, String after, int limit) {
        return Schema.hasPushes(session)
                ? session.list(
                        REFERRERS,
                        row -> Digest.parse(row.getString(1)),
                        subject.toString(),
                        type,
                        after,
                        repository,
                        limit)
                : List.of();
    }

    /** The ids of what keeps this node because it was pushed for that. */
    static List<Long> keepers(Session session, long node) {
        return Schema.hasPushes(session)
                ? session.list(
                        "SELECT s.id FROM referrer r JOIN node s ON s.digest = r.subject AND s.kind = 'blob'"
                                + " WHERE r.image = ?1 AND EXISTS (SELECT 1 FROM pushed p WHERE p.node = ?1)",
                        row -> row.getLong(1),
                        node)
                : List.of();
    }
}
