package io.varve.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.varve.failure.Failure;
import io.varve.layerfs.FileType;
import io.varve.layerfs.Tree;
import io.varve.layerfs.Xattr;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Base64;
import java.util.Deque;
import java.util.Locale;

/** A directory of an image as lines or JSON: its entries, or with all below them. */
final class Listing {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);

    private static final long YEAR_1 = -62_135_596_800L;
    private static final long YEAR_10000 = 253_402_300_800L;

    private final Tree tree;
    private final boolean recursive;

    Listing(Tree tree, boolean recursive) {
        this.tree = tree;
        this.recursive = recursive;
    }

    /** What happens with each name: its path below what is listed, and its inode. */
    private interface Visitor {
        void visit(byte[] name, int inode) throws IOException;
    }

    void print(byte[] path, PrintStream out, boolean details) throws IOException {
        visit(path, (name, inode) -> {
            if (details) {
                out.print(details(inode));
            }
            out.print(Names.printable(name));
            if (details && tree.type(inode) == FileType.SYMLINK) {
                out.print(" -> " + Names.printable(tree.target(inode)));
            }
            out.print('\n');
        });
    }

    void printJson(byte[] path, PrintStream out) throws IOException {
        try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            json.writeStartArray();
            visit(path, (name, inode) -> {
                json.writeRaw('\n');
                write(json, name, inode);
            });
            json.writeEndArray();
            json.writeRaw('\n');
        }
    }

    private void visit(byte[] path, Visitor visitor) throws IOException {
        int inode = tree.resolve(path);
        if (inode == Tree.NONE) {
            throw Failure.notFound("the image has no such path").during("listing " + text(path));
        }
        if (!tree.isDirectory(inode)) {
            visitor.visit(path, inode);
            return;
        }
        visitBelow(inode, visitor);
    }

    /** Depth first, each directory's names in bytewise order; by a stack of its own, since trees may be deep. */
    private void visitBelow(int directory, Visitor visitor) throws IOException {
        record Level(byte[] path, int entry, int end) {}
        Deque<Level> pending = new ArrayDeque<>();
        pending.push(new Level(new byte[0], tree.firstEntry(directory), tree.endEntry(directory)));
        while (!pending.isEmpty()) {
            Level level = pending.pop();
            if (level.entry == level.end) {
                continue;
            }
            byte[] name = joined(level.path, level.entry);
            int inode = tree.inode(level.entry);
            visitor.visit(name, inode);
            pending.push(new Level(level.path, level.entry + 1, level.end));
            if (recursive && tree.isDirectory(inode)) {
                pending.push(new Level(name, tree.firstEntry(inode), tree.endEntry(inode)));
            }
        }
    }

    private byte[] joined(byte[] path, int entry) {
        int start = path.length == 0 ? 0 : path.length + 1;
        byte[] joined = Arrays.copyOf(path, start + tree.nameLength(entry));
        if (start > 0) {
            joined[path.length] = '/';
        }
        tree.copyName(entry, joined, start);
        return joined;
    }

    private String details(int inode) {
        FileType type = tree.type(inode);
        String size = type == FileType.CHARACTER || type == FileType.BLOCK
                ? tree.major(inode) + ", " + tree.minor(inode)
                : Long.toString(tree.size(inode));
        return String.format(
                Locale.ROOT,
                "%s %3d %5s %5s %10s %s ",
                permissions(inode),
                tree.links(inode),
                Integer.toUnsignedString(tree.uid(inode)),
                Integer.toUnsignedString(tree.gid(inode)),
                size,
                time(inode, TIME));
    }

    /** A layer may say any 64-bit time: what no calendar has shows as seconds since 1970, as date(1) takes them. */
    private String time(int inode, DateTimeFormatter format) {
        long seconds = tree.mtime(inode);
        return seconds >= YEAR_1 && seconds < YEAR_10000
                ? format.format(Instant.ofEpochSecond(seconds, tree.nanos(inode)))
                : "@" + seconds;
    }

    private String permissions(int inode) {
        int mode = tree.mode(inode);
        char[] text = {letter(tree.type(inode)), 'r', 'w', 'x', 'r', 'w', 'x', 'r', 'w', 'x'};
        for (int bit = 0; bit < 9; bit++) {
            if ((mode & (0400 >> bit)) == 0) {
                text[1 + bit] = '-';
            }
        }
        special(text, 3, (mode & 04000) != 0, 's');
        special(text, 6, (mode & 02000) != 0, 's');
        special(text, 9, (mode & 01000) != 0, 't');
        return new String(text);
    }

    private static void special(char[] text, int at, boolean set, char letter) {
        if (set) {
            text[at] = text[at] == 'x' ? letter : Character.toUpperCase(letter);
        }
    }

    private static char letter(FileType type) {
        return switch (type) {
            case REGULAR -> '-';
            case DIRECTORY -> 'd';
            case SYMLINK -> 'l';
            case CHARACTER -> 'c';
            case BLOCK -> 'b';
            case FIFO -> 'p';
        };
    }

    private void write(JsonGenerator json, byte[] name, int inode) throws IOException {
        FileType type = tree.type(inode);
        json.writeStartObject();
        Names.write(json, "name", name);
        json.writeStringField("type", type.name().toLowerCase(Locale.ROOT));
        json.writeStringField("mode", String.format("%04o", tree.mode(inode)));
        json.writeNumberField("uid", Integer.toUnsignedLong(tree.uid(inode)));
        json.writeNumberField("gid", Integer.toUnsignedLong(tree.gid(inode)));
        json.writeNumberField("size", tree.size(inode));
        json.writeStringField("mtime", time(inode, DateTimeFormatter.ISO_INSTANT));
        json.writeNumberField("links", tree.links(inode));
        json.writeNumberField("layer", tree.layer(inode));
        switch (type) {
            case SYMLINK -> Names.write(json, "target", tree.target(inode));
            case CHARACTER, BLOCK -> {
                json.writeNumberField("major", Integer.toUnsignedLong(tree.major(inode)));
                json.writeNumberField("minor", Integer.toUnsignedLong(tree.minor(inode)));
            }
            case REGULAR, DIRECTORY, FIFO -> {}
        }
        if (!tree.xattrs(inode).isEmpty()) {
            json.writeObjectFieldStart("xattrs");
            for (Xattr xattr : tree.xattrs(inode)) {
                json.writeStringField(
                        new String(xattr.name(), StandardCharsets.UTF_8),
                        Base64.getEncoder().encodeToString(xattr.value()));
            }
            json.writeEndObject();
        }
        json.writeEndObject();
    }

    static String text(byte[] path) {
        return '"' + new String(path, StandardCharsets.UTF_8) + '"';
    }
}
