package io.varve.bundle;

import io.varve.failure.Failure;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * The users and groups of an image, by its {@code /etc/passwd} and {@code /etc/group}, in which lines that are none count for nothing.
 * Immutable.
 */
final class Users {
    private static final int NAME = 0;
    private static final int ID = 2;
    private static final int GROUP_OF_USER = 3;
    private static final int MEMBERS = 3;

    private final List<String[]> users;
    private final List<String[]> groups;

    /**
     * @param passwd empty when there is none
     * @param group empty when there is none
     */
    Users(byte[] passwd, byte[] group) {
        users = lines(passwd);
        groups = lines(group);
    }

    private static List<String[]> lines(byte[] file) {
        List<String[]> lines = new ArrayList<>();
        for (String line : new String(file, StandardCharsets.UTF_8).split("\n", -1)) {
            String[] fields = line.strip().split(":", -1);
            if (fields.length > MEMBERS
                    && !fields[NAME].startsWith("#")
                    && id(fields[ID]).isPresent()) {
                lines.add(fields);
            }
        }
        return lines;
    }

    private static Optional<Integer> id(String text) {
        try {
            int id = Integer.parseInt(text);
            return id >= 0 ? Optional.of(id) : Optional.empty();
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /**
     * Names come before numbers, as some have names that are numbers. A number need not be known. Without a group it is the user's own, with
     * those that he is a member of; with one it is that alone.
     *
     * @param text {@code user[:group]}; empty for root
     * @throws Failure NotFound for a name that the image does not know
     */
    User find(String text) {
        int colon = text.indexOf(':');
        String user = colon < 0 ? text : text.substring(0, colon);
        String group = colon < 0 ? "" : text.substring(colon + 1);
        String wanted = user.isEmpty() ? "0" : user;
        Optional<String[]> known = line(users, wanted);
        int uid = known.flatMap(line -> id(line[ID]))
                .or(() -> id(wanted))
                .orElseThrow(() -> unknown("user", wanted, "/etc/passwd"));
        if (!group.isEmpty()) {
            int gid = line(groups, group)
                    .flatMap(line -> id(line[ID]))
                    .or(() -> id(group))
                    .orElseThrow(() -> unknown("group", group, "/etc/group"));
            return new User(uid, gid, List.of());
        }
        int gid = known.flatMap(line -> id(line[GROUP_OF_USER])).orElse(0);
        List<Integer> others = known.map(line -> memberships(line[NAME])).orElse(List.of());
        return new User(uid, gid, others.stream().filter(each -> each != gid).toList());
    }

    private static Optional<String[]> line(List<String[]> lines, String wanted) {
        return first(lines, line -> line[NAME].equals(wanted)).or(() -> first(lines, line -> line[ID].equals(wanted)));
    }

    private static Optional<String[]> first(List<String[]> lines, Predicate<String[]> meant) {
        return lines.stream().filter(meant).findFirst();
    }

    private List<Integer> memberships(String user) {
        return groups.stream()
                .filter(group -> List.of(group[MEMBERS].split(",", -1)).contains(user))
                .flatMap(group -> id(group[ID]).stream())
                .distinct()
                .sorted()
                .toList();
    }

    private static Failure unknown(String what, String name, String file) {
        return Failure.notFound(what + ": got " + name + ", which the image's " + file + " does not have");
    }
}
