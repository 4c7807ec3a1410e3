package io.varve.catalogue;

/**
 * What the parts of each image come to that are in the store. Adding them up takes too long when somebody asks, so they are
 * kept with the image: whatever changes a part {@linkplain #lapse makes the sums lapse} of all images that it is a part of,
 * and before the transaction is committed {@linkplain #renew they are made again}.
 */
final class Sums {
    /** A table {@code part} of ids, of the image {@code i}: of those manifests that an image index lists, only the ones that are there. */
    private static final String PARTS = """
            WITH RECURSIVE part (id) AS (
              SELECT i.node
              UNION SELECT e.child FROM part p JOIN node n ON n.id = p.id JOIN edge e ON e.parent = p.id
              WHERE e.role <> 'index' AND (n.present OR n.id = i.node))
            """;

    private static final String RENEW = """
            UPDATE image AS i SET
              (blob_bytes, tar_bytes) = (%1$s
                SELECT coalesce(sum(size) FILTER (WHERE kind = 'blob'), 0),
                  coalesce(sum(size) FILTER (WHERE kind = 'layer'), 0)
                FROM part JOIN node n ON n.id = part.id WHERE n.present AND n.size > 0),
              platforms = (%1$s
                SELECT group_concat(platform, char(10)) FROM (
                  SELECT DISTINCT m.platform FROM part JOIN image m ON m.node = part.id JOIN node n ON n.id = part.id
                  WHERE m.platform IS NOT NULL AND (n.present OR n.id = i.node) ORDER BY m.platform))
            WHERE blob_bytes IS NULL""".formatted(PARTS);

    private Sums() {}

    /** Of this node's images, itself if it is one. */
    static void lapse(Session session, long node) {
        session.change("""
                WITH RECURSIVE up (id) AS (
                  SELECT ? UNION SELECT e.parent FROM up JOIN edge e ON e.child = up.id)
                UPDATE image SET blob_bytes = NULL WHERE node IN up""", node);
    }

    /** Those that lapsed. */
    static void renew(Session session) {
        session.change(RENEW);
    }
}
