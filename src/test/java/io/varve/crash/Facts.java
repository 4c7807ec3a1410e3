package io.varve.crash;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What {@linkplain Workload workloads} on one store have said, one after the other.
 *
 * <pre>
 *   tagging NAME DIGEST     it is about to
 *   tagged NAME DIGEST      it has: from now on that is the name's meaning, whatever happens
 *   untagging NAME          it is about to
 *   untagged NAME           it has
 *   refused NAME            what it was about to do with this name failed
 *   trouble …               something failed that must not
 * </pre>
 *
 * <p>Safe for any thread.
 */
final class Facts {
    /** The meaning of a name that does not exist. */
    static final String NONE = "none";

    private final List<String[]> lines = new ArrayList<>();

    synchronized void add(String line) {
        lines.add(line.split(" ", -1));
        notifyAll();
    }

    synchronized int count() {
        return lines.size();
    }

    /** How many of the first lines say that something has been done. */
    synchronized int acknowledged(int before) {
        int count = 0;
        for (String[] line : lines.subList(0, before)) {
            count += line[0].equals("tagged") || line[0].equals("untagged") ? 1 : 0;
        }
        return count;
    }

    synchronized List<String> trouble() {
        return lines.stream()
                .filter(line -> line[0].equals("trouble"))
                .map(line -> String.join(" ", line))
                .toList();
    }

    /** How often each step of a commit was seen. */
    synchronized Map<String, Integer> steps() {
        Map<String, Integer> steps = new HashMap<>();
        for (String[] line : lines) {
            if (line[0].equals("seen")) {
                steps.put(line[1], Integer.valueOf(line[2]));
            }
        }
        return steps;
    }

    /** The position after this line, which is there now or will be; −1 when it did not come in time. */
    synchronized int await(String wanted, long millis) throws InterruptedException {
        long end = System.nanoTime() + millis * 1_000_000;
        int at = 0;
        while (true) {
            for (; at < lines.size(); at++) {
                if (String.join(" ", lines.get(at)).equals(wanted)) {
                    return at + 1;
                }
            }
            long left = (end - System.nanoTime()) / 1_000_000;
            if (left <= 0) {
                return -1;
            }
            wait(left);
        }
    }

    /** Returns when there are so many lines, or after a while. */
    synchronized void await(int count, long millis) throws InterruptedException {
        long end = System.nanoTime() + millis * 1_000_000;
        for (long left = millis; lines.size() < count && left > 0; left = (end - System.nanoTime()) / 1_000_000) {
            wait(left);
        }
    }

    /**
     * What each name may mean to somebody who comes after a moment that is known like this.
     *
     * @param done lines that were said before the moment
     * @param begun lines at most that were said before it: what was about to be done in them may have been done
     */
    synchronized Map<String, Set<String>> meanings(int done, int begun) {
        Map<String, Set<String>> meanings = new HashMap<>();
        for (int i = 0; i < begun; i++) {
            String[] line = lines.get(i);
            boolean certain = i < done;
            switch (line[0]) {
                case "tagging", "untagging" -> possible(meanings, line).add(meaning(line));
                case "tagged", "untagged" -> {
                    Set<String> possible = possible(meanings, line);
                    if (certain) {
                        possible.clear();
                    }
                    possible.add(meaning(line));
                }
                default -> {}
            }
        }
        return meanings;
    }

    /** What each name may mean to somebody who comes after a moment from which on anything may be lost. */
    synchronized Map<String, Set<String>> everything(int begun) {
        Map<String, Set<String>> meanings = new HashMap<>();
        for (String[] line : lines.subList(0, begun)) {
            if (line[0].equals("tagging")) {
                possible(meanings, line).add(meaning(line));
            }
        }
        return meanings;
    }

    private static Set<String> possible(Map<String, Set<String>> meanings, String[] line) {
        return meanings.computeIfAbsent(line[1], name -> new LinkedHashSet<>(List.of(NONE)));
    }

    private static String meaning(String[] line) {
        return line[0].startsWith("tag") ? line[2] : NONE;
    }
}
