package io.varve.cli;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Rows of words under headings, each column as wide as its widest word. What comes from images is escaped for the terminal. */
final class Table {
    private static final String GAP = "  ";

    private final List<String[]> rows = new ArrayList<>();
    private final int[] widths;

    Table(String... headings) {
        widths = new int[headings.length];
        add(headings);
    }

    void row(String... words) {
        String[] safe = new String[words.length];
        for (int i = 0; i < words.length; i++) {
            safe[i] = Names.printable(words[i].getBytes(StandardCharsets.UTF_8));
        }
        add(safe);
    }

    private void add(String[] words) {
        for (int i = 0; i < words.length; i++) {
            widths[i] = Math.max(widths[i], words[i].length());
        }
        rows.add(words);
    }

    void print(PrintStream out) {
        StringBuilder line = new StringBuilder();
        for (String[] row : rows) {
            line.setLength(0);
            for (int i = 0; i < row.length; i++) {
                line.append(row[i]);
                if (i < row.length - 1) {
                    line.repeat(' ', widths[i] - row[i].length()).append(GAP);
                }
            }
            out.println(line);
        }
    }
}
