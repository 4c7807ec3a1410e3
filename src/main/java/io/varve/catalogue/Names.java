package io.varve.catalogue;

import io.varve.oci.Digest;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Tags, read. */
final class Names {
    private static final String TAG =
            "SELECT t.name, n.media_type, n.digest, n.size, t.updated FROM tag t JOIN node n ON n.id = t.image ";

    private Names() {}

    static Optional<Tag> tag(Session session, String name) {
        return session.first(TAG + "WHERE t.name = ?", Names::row, name);
    }

    /** Names are compared byte by byte, so those with a prefix are the ones from it to the next text of its length. */
    static List<Tag> tags(Session session, String prefix, String after, int limit) {
        String end = next(prefix);
        String range = "WHERE t.name >= ? AND t.name > ?" + (end == null ? "" : " AND t.name < ?");
        String order = " ORDER BY t.name LIMIT ?";
        return end == null
                ? session.list(TAG + range + order, Names::row, prefix, after, Math.max(0, limit))
                : session.list(TAG + range + order, Names::row, prefix, after, end, Math.max(0, limit));
    }

    static List<String> of(Session session, Digest image) {
        return session.list(
                "SELECT t.name FROM node n JOIN tag t ON t.image = n.id WHERE n.digest = ? AND n.kind = 'blob' ORDER BY t.name",
                row -> row.getString(1),
                image.toString());
    }

    /** The first text after all that begin so; null when there is none. */
    static @Nullable String next(String prefix) {
        int[] points = prefix.codePoints().toArray();
        for (int last = points.length - 1; last >= 0; last--) {
            if (points[last] < Character.MAX_CODE_POINT) {
                int above = points[last] + 1;
                points[last] = above == Character.MIN_SURROGATE ? Character.MAX_SURROGATE + 1 : above;
                return new String(points, 0, last + 1);
            }
        }
        return null;
    }

    private static Tag row(ResultSet row) throws SQLException {
        return new Tag(row.getString(1), Rows.descriptor(row, 2), Rows.time(row, 5));
    }
}
