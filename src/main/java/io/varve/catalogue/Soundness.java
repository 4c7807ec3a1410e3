package io.varve.catalogue;

import java.util.ArrayList;
import java.util.List;

/** Whether the database says what it said when it was written, and nothing that Varve would not have written. */
final class Soundness {
    /** More than anybody reads; what is wrong with one row is often wrong with many. */
    private static final int MOST = 10;

    private Soundness() {}

    static List<String> problems(Session session) {
        List<String> problems = new ArrayList<>();
        session.list("PRAGMA integrity_check(" + MOST + ")", row -> row.getString(1)).stream()
                .filter(said -> !said.equals("ok"))
                .forEach(problems::add);
        session.list(
                        "SELECT \"table\", parent, count(*) FROM pragma_foreign_key_check GROUP BY 1, 2",
                        row -> row.getString(1) + ": got " + row.getLong(3) + " rows whose " + row.getString(2)
                                + " is not there")
                .forEach(problems::add);
        // Of everything that is looked at by others, whether there is any sense in it.
        Nodes.all(session);
        Names.tags(session, "", "", Integer.MAX_VALUE);
        session.list("SELECT DISTINCT role FROM edge", row -> Rows.role(row.getString(1)));
        return problems;
    }
}
