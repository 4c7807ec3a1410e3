package io.varve.image;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.varve.layerfs.FileType;
import io.varve.layerfs.Layer;
import io.varve.layerfs.Tree;
import io.varve.layerfs.Xattr;
import io.varve.oci.Digest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Everything that can be seen of a filesystem, one line a name, so that two of them can be compared. Bytes of names are
 * shown as Latin-1. Of a directory it is gathered by find, stat, sha256sum and getfattr, which know nothing of Varve.
 *
 * <pre>
 *   a/b f 644 0:0 1.000000000 5 2cf24dba… links 2 as a/a {user.x=0x61}
 * </pre>
 */
final class Listing {
    private static final String IMPLIED = "d 755 0:0 0.000000000";
    private static final Pattern TIME = Pattern.compile(" -?[0-9]+\\.[0-9]{9}(?= |$)");

    private final SortedMap<String, String> lines = new TreeMap<>();

    private Listing() {}

    /** What a tree shows; files are read through their extents. */
    static Listing of(Tree tree, List<Layer> layers) throws IOException {
        Listing listing = new Listing();
        Map<Integer, String> names = new HashMap<>();
        listing.add(tree, layers, Tree.ROOT, "", names);
        listing.list(tree, layers, Tree.ROOT, "", names);
        return listing;
    }

    private void list(Tree tree, List<Layer> layers, int directory, String path, Map<Integer, String> names)
            throws IOException {
        List<Integer> directories = new ArrayList<>();
        for (int entry = tree.firstEntry(directory); entry < tree.endEntry(directory); entry++) {
            String name = path + new String(tree.name(entry), ISO_8859_1);
            add(tree, layers, tree.inode(entry), name, names);
            if (tree.isDirectory(tree.inode(entry))) {
                directories.add(entry);
            }
        }
        for (int entry : directories) {
            list(tree, layers, tree.inode(entry), path + new String(tree.name(entry), ISO_8859_1) + "/", names);
        }
    }

    private void add(Tree tree, List<Layer> layers, int inode, String name, Map<Integer, String> names)
            throws IOException {
        FileType type = tree.type(inode);
        StringBuilder line = new StringBuilder();
        line.append(letter(type)).append(' ');
        line.append(type == FileType.SYMLINK ? "-" : Integer.toOctalString(tree.mode(inode)));
        line.append(' ').append(Integer.toUnsignedString(tree.uid(inode)));
        line.append(':').append(Integer.toUnsignedString(tree.gid(inode)));
        line.append(String.format(" %d.%09d", tree.mtime(inode), tree.nanos(inode)));
        switch (type) {
            case REGULAR -> {
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                tree.copy(inode, layers, Channels.newChannel(bytes));
                line.append(' ').append(tree.size(inode)).append(' ');
                line.append(Digest.sha256(bytes.toByteArray()).hex());
            }
            case SYMLINK -> line.append(" -> ").append(new String(tree.target(inode), ISO_8859_1));
            case CHARACTER, BLOCK ->
                line.append(' ').append(tree.major(inode)).append(':').append(tree.minor(inode));
            case DIRECTORY, FIFO -> {}
        }
        if (type != FileType.DIRECTORY) {
            line.append(" links ").append(tree.links(inode));
        }
        Map<String, byte[]> xattrs = new TreeMap<>();
        for (Xattr xattr : tree.xattrs(inode)) {
            xattrs.put(new String(xattr.name(), ISO_8859_1), xattr.value());
        }
        finish(name, line, names, inode, xattrs);
    }

    /** What a directory on this machine shows. */
    static Listing of(Path directory) throws IOException, InterruptedException {
        Listing listing = new Listing();
        Map<String, Map<String, byte[]>> xattrs = xattrs(directory);
        Map<String, String> hashes = hashes(directory);
        Map<String, String> devices = devices(directory);
        Map<String, String> names = new HashMap<>();
        String[] facts = run(directory, "find", ".", "-printf", "%P\\0%y\\0%m\\0%U:%G\\0%T@\\0%s\\0%n\\0%i\\0%l\\0")
                .split("\0", -1);
        SortedMap<String, Integer> order = new TreeMap<>(Listing::byDirectory);
        for (int i = 0; i + 9 < facts.length; i += 9) {
            order.put(facts[i], i);
        }
        order.forEach((path, i) -> {
            String type = facts[i + 1];
            StringBuilder line = new StringBuilder(type).append(' ');
            line.append(type.equals("l") ? "-" : facts[i + 2]).append(' ');
            line.append(facts[i + 3]).append(' ').append(time(facts[i + 4]));
            switch (type) {
                case "f" -> line.append(' ').append(facts[i + 5]).append(' ').append(hashes.get(path));
                case "l" -> line.append(" -> ").append(facts[i + 8]);
                case "c", "b" -> line.append(' ').append(devices.get(path));
                default -> {}
            }
            if (!type.equals("d")) {
                line.append(" links ").append(facts[i + 6]);
            }
            listing.finish(path, line, names, facts[i + 7], xattrs.getOrDefault(path, Map.of()));
        });
        return listing;
    }

    private <K> void finish(
            String name, StringBuilder line, Map<K, String> names, K inode, Map<String, byte[]> xattrs) {
        String first = names.putIfAbsent(inode, name);
        if (first != null) {
            line.append(" as ").append(first);
        }
        xattrs.forEach((key, value) -> line.append(" {")
                .append(key)
                .append("=0x")
                .append(HexFormat.of().formatHex(value))
                .append('}'));
        lines.put(name, line.toString());
    }

    /** A directory's names before those below them, so that the first name of a file is the same one everywhere. */
    private static int byDirectory(String a, String b) {
        String[] left = (a.isEmpty() ? "" : "/" + a).split("/", -1);
        String[] right = (b.isEmpty() ? "" : "/" + b).split("/", -1);
        int common = Math.min(left.length, right.length);
        for (int i = 0; i < common; i++) {
            if (!left[i].equals(right[i])) {
                boolean leftLast = i == left.length - 1;
                boolean rightLast = i == right.length - 1;
                return leftLast == rightLast ? left[i].compareTo(right[i]) : leftLast ? -1 : 1;
            }
        }
        return Integer.compare(left.length, right.length);
    }

    private static String letter(FileType type) {
        return switch (type) {
            case REGULAR -> "f";
            case DIRECTORY -> "d";
            case SYMLINK -> "l";
            case CHARACTER -> "c";
            case BLOCK -> "b";
            case FIFO -> "p";
        };
    }

    /** find writes the two numbers of a timespec with a point between them, ten digits behind it. */
    private static String time(String found) {
        int point = found.indexOf('.');
        return found.substring(0, point) + found.substring(point, point + 10);
    }

    private static Map<String, String> hashes(Path directory) throws IOException, InterruptedException {
        Map<String, String> hashes = new HashMap<>();
        for (String row : run(directory, "find", ".", "-type", "f", "-exec", "sha256sum", "-z", "{}", "+")
                .split("\0", -1)) {
            if (!row.isEmpty()) {
                hashes.put(row.substring(66 + 2), row.substring(0, 64));
            }
        }
        return hashes;
    }

    private static Map<String, String> devices(Path directory) throws IOException, InterruptedException {
        Map<String, String> devices = new HashMap<>();
        String[] rows = run(
                        directory,
                        "find",
                        ".",
                        "(",
                        "-type",
                        "c",
                        "-o",
                        "-type",
                        "b",
                        ")",
                        "-exec",
                        "stat",
                        "--printf=%n\\0%t %T\\0",
                        "{}",
                        "+")
                .split("\0", -1);
        for (int i = 0; i + 1 < rows.length; i += 2) {
            String[] numbers = rows[i + 1].split(" ", -1);
            devices.put(
                    rows[i].substring(2), Integer.parseInt(numbers[0], 16) + ":" + Integer.parseInt(numbers[1], 16));
        }
        return devices;
    }

    private static Map<String, Map<String, byte[]>> xattrs(Path directory) throws IOException, InterruptedException {
        Map<String, Map<String, byte[]>> all = new HashMap<>();
        String path = "";
        for (String row : run(directory, "getfattr", "-R", "-h", "-P", "-d", "-m", "-", "-e", "hex", ".")
                .split("\n", -1)) {
            if (row.startsWith("# file: ")) {
                path = unescaped(row.substring(8)).replaceFirst("^\\.(/|$)", "");
            } else if (row.contains("=")) {
                String[] parts = row.split("=", 2);
                String hex = parts[1].replaceFirst("^0x", "");
                all.computeIfAbsent(path, p -> new TreeMap<>())
                        .put(parts[0], HexFormat.of().parseHex(hex));
            }
        }
        return all;
    }

    /** getfattr writes bytes that could be misread as a backslash and three octal digits. */
    private static String unescaped(String path) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < path.length(); i++) {
            if (path.charAt(i) == '\\') {
                text.append((char) Integer.parseInt(path.substring(i + 1, i + 4), 8));
                i += 3;
            } else {
                text.append(path.charAt(i));
            }
        }
        return text.toString();
    }

    private static String run(Path directory, String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), ISO_8859_1);
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IOException(String.join(" ", command) + " did not end");
        }
        return output;
    }

    /**
     * A directory that something else unpacked from the same layers shows the same, entry for entry. The one thing that is
     * not compared is the time of a directory which no layer describes: images say nothing of it, so others leave it when
     * they made it. (A directory described just like an implied one would be taken for one: no test does that.)
     */
    void assertUnpackedAs(Path unpackedByAnother) throws IOException, InterruptedException {
        SortedMap<String, String> theirs = new TreeMap<>();
        of(unpackedByAnother).lines().forEach((name, line) -> {
            boolean implied = IMPLIED.equals(lines.get(name));
            theirs.put(name, implied ? TIME.matcher(line).replaceFirst(" 0.000000000") : line);
        });
        assertThat(lines).isEqualTo(theirs);
    }

    /** The names alone, directories with a slash, in bytewise order: what most tests ask for. */
    List<String> names() {
        return lines.entrySet().stream()
                .filter(line -> !line.getKey().isEmpty())
                .map(line -> line.getKey() + (line.getValue().startsWith("d ") ? "/" : ""))
                .toList();
    }

    /** All that is known of one name, or null. */
    @Nullable
    String line(String name) {
        return lines.get(name);
    }

    SortedMap<String, String> lines() {
        return lines;
    }
}
