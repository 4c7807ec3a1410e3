package io.varve.catalogue;

import io.varve.oci.Digest;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Why something is kept: from what has the digest up to all that needs it, nearest first, and which of that is held by
 * something. Remembers the ids of those that need it, and for each the first step of the shortest way back down.
 */
final class Why {
    /** More than anybody reads. */
    private static final int MOST = 36;

    private record Step(Edge.Role role, int position, long child) {}

    private record Up(long parent, Step down) {}

    private final Session session;
    private final Map<Long, @Nullable Step> steps = new HashMap<>();

    /** The keys of the steps, in the order of their distance. */
    private final List<Long> ids = new ArrayList<>();

    private final List<Reason> reasons = new ArrayList<>();

    private Why(Session session) {
        this.session = session;
    }

    static List<Reason> of(Session session, Digest digest, Map<Node, String> roots, Instant now) {
        Why why = new Why(session);
        why.climb(digest);
        why.tags();
        why.leases(Rows.millis(now));
        why.jobs();
        why.roots(roots);
        return List.copyOf(why.reasons);
    }

    private void climb(Digest digest) {
        session.list("SELECT id FROM node WHERE digest = ? ORDER BY kind", row -> row.getLong(1), digest.toString())
                .forEach(id -> add(id, null));
        for (int next = 0; next < ids.size(); next++) {
            long child = ids.get(next);
            List<Up> parents = session.list(
                    "SELECT parent, role, position FROM edge WHERE child = ? ORDER BY parent, role, position",
                    row -> new Up(row.getLong(1), new Step(Rows.role(row.getString(2)), row.getInt(3), child)),
                    child);
            parents.forEach(up -> add(up.parent(), up.down()));
            Pushes.keepers(session, child).forEach(subject -> add(subject, new Step(Edge.Role.REFERRER, 0, child)));
        }
    }

    private void add(long id, @Nullable Step step) {
        if (!steps.containsKey(id)) {
            steps.put(id, step);
            ids.add(id);
        }
    }

    private void tags() {
        for (long id : ids) {
            if (full()) {
                return;
            }
            session.list("SELECT name FROM tag WHERE image = ? ORDER BY name", row -> row.getString(1), id)
                    .forEach(name -> give("tag " + name, id));
        }
    }

    /** Those of jobs are told by their jobs. */
    private void leases(long now) {
        Map<Long, Boolean> told = new HashMap<>();
        for (long id : ids) {
            if (full()) {
                return;
            }
            record Lease(long id, Instant expires) {}
            List<Lease> leases = session.list(
                    "SELECT l.id, l.expires FROM lease_node k JOIN lease l ON l.id = k.lease"
                            + " WHERE k.node = ? AND l.job IS NULL AND l.expires > ? ORDER BY l.id",
                    row -> new Lease(row.getLong(1), Rows.time(row, 2)),
                    id,
                    now);
            for (Lease lease : leases) {
                if (told.put(lease.id(), true) == null) {
                    give("lease until " + lease.expires(), id);
                }
            }
        }
    }

    private void jobs() {
        Map<Long, Boolean> told = new HashMap<>();
        for (long id : ids) {
            if (full()) {
                return;
            }
            record Job(long id, String words) {}
            List<Job> jobs = session.list(
                    "SELECT DISTINCT j.id, j.kind, j.subject, j.started FROM lease_node k JOIN lease l ON l.id = k.lease"
                            + " JOIN job j ON j.id = l.job WHERE k.node = ? ORDER BY j.id",
                    row -> new Job(
                            row.getLong(1),
                            "job " + row.getString(2) + " " + row.getString(3) + " since " + Rows.time(row, 4)),
                    id);
            for (Job job : jobs) {
                if (told.put(job.id(), true) == null) {
                    give(job.words(), id);
                }
            }
        }
    }

    private void roots(Map<Node, String> roots) {
        for (Map.Entry<Node, String> root : roots.entrySet()) {
            if (full()) {
                return;
            }
            session.first(
                            "SELECT id FROM node WHERE digest = ? AND kind = ?",
                            row -> row.getLong(1),
                            root.getKey().digest().toString(),
                            Rows.word(root.getKey().kind()))
                    .filter(steps::containsKey)
                    .ifPresent(id -> give(root.getValue(), id));
        }
    }

    private boolean full() {
        return reasons.size() >= MOST;
    }

    private void give(String root, long from) {
        if (full()) {
            return;
        }
        List<Edge> chain = new ArrayList<>();
        Node node = node(from);
        Step step = steps.get(from);
        while (step != null) {
            Node child = node(step.child());
            chain.add(new Edge(node, step.role(), step.position(), child));
            node = child;
            step = steps.get(step.child());
        }
        reasons.add(new Reason(root, List.copyOf(chain), node));
    }

    private Node node(long id) {
        return session.first("SELECT kind, digest FROM node WHERE id = ?", row -> Rows.node(row, 1), id)
                .orElseThrow(() -> session.senseless("edge: no node " + id));
    }
}
