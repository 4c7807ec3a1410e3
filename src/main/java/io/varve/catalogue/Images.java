package io.varve.catalogue;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;

/** The list of images. */
final class Images {
    private static final String COLUMNS =
            " n.media_type, n.digest, n.size, n.used, i.platforms, i.blob_bytes, i.tar_bytes FROM image i JOIN node n ON n.id = i.node ";

    private static final String TAGS = "SELECT t.name, t.updated," + COLUMNS + "JOIN tag t ON t.image = i.node ";
    private static final String TAGGED = TAGS + "ORDER BY t.name";

    /** Those that are kept by no name and by no document that is kept itself. */
    private static final String LEASED = "SELECT NULL, i.recorded," + COLUMNS + """
            WHERE i.node IN live
              AND NOT EXISTS (SELECT 1 FROM tag t WHERE t.image = i.node)
              AND NOT EXISTS (SELECT 1 FROM edge e WHERE e.child = i.node AND e.role = 'manifest' AND e.parent IN live)
            ORDER BY n.digest""";

    private Images() {}

    static List<StoredImage> list(Session session, Instant now) {
        List<StoredImage> images = session.list(TAGGED, Images::row);
        if (session.number("SELECT EXISTS (SELECT 1 FROM lease)") != 0) {
            images.addAll(session.list(Reachability.live(session) + LEASED, Images::row, Rows.millis(now), "[]"));
        }
        return images;
    }

    static List<StoredImage> named(Session session, String prefix, String after, int limit) {
        String end = Names.next(prefix);
        return session.list(
                TAGS + "WHERE t.name >= ?1 AND t.name > ?2 AND (?3 IS NULL OR t.name < ?3) ORDER BY t.name LIMIT ?4",
                Images::row,
                prefix,
                after,
                end,
                Math.max(0, limit));
    }

    private static StoredImage row(ResultSet row) throws SQLException {
        String platforms = row.getString(7);
        return new StoredImage(
                row.getString(1),
                Rows.descriptor(row, 3),
                platforms == null ? List.of() : List.of(platforms.split("\n")),
                row.getLong(8),
                row.getLong(9),
                Rows.time(row, 2),
                Rows.time(row, 6));
    }
}
