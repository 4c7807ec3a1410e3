package io.varve.catalogue;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import java.util.List;

/**
 * The tables, and how a file of an older Varve comes to have them. The number of the form is the file's {@code
 * user_version}; 0 is a file without tables.
 *
 * <pre>
 *   tag ──────┐                     ┌── source
 *   lease ──┬─┼──▶ node ◀── edge    │   (where a blob was seen)
 *   job ◀───┘ └──▶  ▲  ▲ ◀──────────┘
 *                   │  └── image (a node that is a manifest or an image index)
 *                   └── lease_node
 *   record (of a job, for those who ask after it)
 *   pushed (to which repository) ──▶ node ◀── referrer (with the digest of its subject)
 * </pre>
 *
 * <p>Users may open the file with {@code sqlite3}, so words stand where numbers would be smaller, and the comments are
 * kept in {@code .schema}. All times are milliseconds since 1970.
 */
final class Schema {
    /** Migration i makes form i + 1 of form i. A released one is never changed: there are files that it made. */
    static final List<String> MIGRATIONS = List.of("""
            CREATE TABLE node ( -- what has a digest
              id INTEGER PRIMARY KEY,
              kind TEXT NOT NULL, -- blob, layer, index
              digest TEXT NOT NULL, -- of the blob, diffId, chainId
              size INTEGER NOT NULL, -- bytes; -1 when unknown
              media_type TEXT,
              present INTEGER NOT NULL, -- 1 when it is in the store, 0 when something only needs it
              used INTEGER NOT NULL, -- when it was last asked for
              UNIQUE (digest, kind)
            ) STRICT;
            CREATE TABLE edge ( -- the parent needs the child
              parent INTEGER NOT NULL REFERENCES node ON DELETE CASCADE,
              role TEXT NOT NULL, -- manifest, config, blob, layer, index
              position INTEGER NOT NULL, -- among those of the same role
              child INTEGER NOT NULL REFERENCES node ON DELETE CASCADE,
              PRIMARY KEY (parent, role, position)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX edge_child ON edge (child);
            CREATE TABLE image ( -- a manifest or an image index whose edges are all there
              node INTEGER PRIMARY KEY REFERENCES node ON DELETE CASCADE,
              platform TEXT, -- null for an image index
              recorded INTEGER NOT NULL,
              -- What of it is in the store; null until the transaction that changed it is about to be committed.
              platforms TEXT, -- one a line
              blob_bytes INTEGER,
              tar_bytes INTEGER
            ) STRICT;
            CREATE INDEX image_unsummed ON image (node) WHERE blob_bytes IS NULL;
            CREATE TABLE tag (
              name TEXT PRIMARY KEY,
              image INTEGER NOT NULL REFERENCES image ON DELETE RESTRICT,
              updated INTEGER NOT NULL
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX tag_image ON tag (image);
            CREATE TABLE job ( -- work in progress
              id INTEGER PRIMARY KEY AUTOINCREMENT,
              kind TEXT NOT NULL,
              subject TEXT NOT NULL,
              pid INTEGER NOT NULL,
              started INTEGER NOT NULL
            ) STRICT;
            CREATE TABLE lease ( -- keeps its nodes while the job runs, and until it expires
              id INTEGER PRIMARY KEY AUTOINCREMENT,
              job INTEGER REFERENCES job ON DELETE SET NULL,
              expires INTEGER NOT NULL
            ) STRICT;
            CREATE INDEX lease_job ON lease (job);
            CREATE TABLE lease_node (
              lease INTEGER NOT NULL REFERENCES lease ON DELETE CASCADE,
              node INTEGER NOT NULL REFERENCES node ON DELETE CASCADE,
              PRIMARY KEY (lease, node)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX lease_node_node ON lease_node (node);
            CREATE TABLE source ( -- where a blob was seen
              node INTEGER NOT NULL REFERENCES node ON DELETE CASCADE,
              location TEXT NOT NULL,
              seen INTEGER NOT NULL,
              PRIMARY KEY (node, location)
            ) STRICT, WITHOUT ROWID;
            """, """
            CREATE TABLE record ( -- a job that somebody was told of, and what became of it
              id TEXT PRIMARY KEY, -- in the order of their creation
              caller TEXT NOT NULL,
              kind TEXT NOT NULL,
              state TEXT NOT NULL, -- queued, running, done, failed
              created INTEGER NOT NULL,
              finished INTEGER,
              key TEXT, -- with which the caller may ask again
              request TEXT NOT NULL, -- digest of what was asked
              told TEXT NOT NULL -- JSON
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX record_key ON record (caller, key) WHERE key IS NOT NULL;
            CREATE INDEX record_created ON record (created);
            """, """
            CREATE TABLE pushed ( -- what somebody put into a repository of ours
              repository TEXT NOT NULL, -- its name in full
              node INTEGER NOT NULL REFERENCES node ON DELETE CASCADE,
              lease INTEGER, -- that keeps it until something that needs it comes; null for none, and it may be over
              PRIMARY KEY (repository, node)
            ) STRICT, WITHOUT ROWID;
            CREATE INDEX pushed_node ON pushed (node);
            CREATE TABLE referrer ( -- an image that says something of another one
              image INTEGER PRIMARY KEY REFERENCES node ON DELETE CASCADE,
              subject TEXT NOT NULL, -- digest of the other one, which need not be known
              type TEXT -- of what it is; null when it does not say
            ) STRICT;
            CREATE INDEX referrer_subject ON referrer (subject);
            """, """
            ALTER TABLE pushed ADD COLUMN
              image INTEGER NOT NULL DEFAULT 0; -- 1 when it was put there as an image, with all that it needs
            UPDATE pushed SET image = 1 WHERE node IN (SELECT node FROM image);
            """);

    /** The form that this Varve reads and writes. */
    static final int VERSION = MIGRATIONS.size();

    /** From which form on there is {@code pushed} and {@code referrer}; files that nobody has written to since lack them. */
    private static final int WITH_PUSHES = 3;

    /** From which form on {@code pushed} tells images from blobs. */
    private static final int WITH_PUSHED_IMAGES = 4;

    private Schema() {}

    static boolean hasPushes(Session session) {
        return version(session) >= WITH_PUSHES;
    }

    static boolean tellsPushedImages(Session session) {
        return version(session) >= WITH_PUSHED_IMAGES;
    }

    /** The number of the file's form. */
    static long version(Session session) {
        return session.number("PRAGMA user_version");
    }

    /** Brings a new file, or one that is not {@linkplain #refuseNewer refused}, to today's form, in one transaction. */
    static void migrate(Session session) {
        long version = version(session);
        if (version == VERSION) {
            return;
        }
        session.execute("BEGIN IMMEDIATE");
        for (int form = (int) version; form < VERSION; form++) {
            session.execute(MIGRATIONS.get(form));
        }
        session.execute("PRAGMA user_version = " + VERSION);
        session.execute("COMMIT");
    }

    /** @throws Failure Unavailable for the form of a newer Varve, Invalid for that of none */
    static void refuseNewer(long version) {
        if (version > VERSION) {
            throw Failure.of(
                    Category.UNAVAILABLE,
                    "form: got " + version + ", wanted at most " + VERSION + ": a newer Varve wrote it");
        }
        if (version < 1) {
            throw Failure.invalid("form: got " + version + ", wanted 1 to " + VERSION);
        }
    }
}
