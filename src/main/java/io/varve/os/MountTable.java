package io.varve.os;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What is mounted in this process's mount namespace, as {@code /proc/self/mountinfo} has it. */
public final class MountTable {
    /** The file that this reads, see proc_pid_mountinfo(5). */
    private static final Path MOUNTINFO = Path.of("/proc/self/mountinfo");

    /**
     * One mount.
     *
     * @param id as in {@link FileStatus#mountId}; numbers of mounts that are gone are given out again
     * @param device of the filesystem, {@code major:minor}
     * @param directory where it stands, seen from the root of this process
     * @param type of the filesystem
     */
    public record Entry(long id, String device, Path directory, String type) {}

    private MountTable() {}

    /** All mounts, each below those listed after it at the same directory. */
    public static List<Entry> read() throws IOException {
        // Not decoded as text: the names of mount points are bytes.
        String table = new String(Files.readAllBytes(MOUNTINFO), StandardCharsets.ISO_8859_1);
        List<Entry> entries = new ArrayList<>();
        for (String line : table.lines().toList()) {
            entries.add(parse(line));
        }
        return entries;
    }

    /** {@code 36 35 98:0 /root /mount/point options [optional…] - type source options}. */
    static Entry parse(String line) {
        String[] fields = line.split(" ", -1);
        int dash = 6;
        while (!fields[dash].equals("-")) {
            dash++;
        }
        return new Entry(Long.parseLong(fields[0]), fields[2], Path.of(unescape(fields[4])), fields[dash + 1]);
    }

    /** Space, tab, newline and backslash are written as a backslash and three octal digits. */
    private static String unescape(String field) {
        byte[] bytes = new byte[field.length()];
        int length = 0;
        for (int i = 0; i < field.length(); i++) {
            char c = field.charAt(i);
            if (c == '\\') {
                c = (char) Integer.parseInt(field, i + 1, i + 4, 8);
                i += 3;
            }
            bytes[length++] = (byte) c;
        }
        return new String(bytes, 0, length, CString.FILE_NAMES);
    }
}
