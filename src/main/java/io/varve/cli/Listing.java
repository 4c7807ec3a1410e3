package io.varve.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.varve.failure.Failure;
import io.varve.image.Entries;
import io.varve.layerfs.FileType;
import io.varve.layerfs.Tree;
import io.varve.layerfs.TreePath;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A directory of an image as lines or JSON: its entries, or with all below them. */
final class Listing {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm", Locale.ROOT).withZone(ZoneOffset.UTC);

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
                Entries.write(json, tree, name, inode);
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
        record Level(@Nullable TreePath path, int entry, int end) {}
        Deque<Level> pending = new ArrayDeque<>();
        pending.push(new Level(null, tree.firstEntry(directory), tree.endEntry(directory)));
        while (!pending.isEmpty()) {
            Level level = pending.pop();
            if (level.entry == level.end) {
                continue;
            }
            TreePath path = new TreePath(level.path, tree, level.entry);
            int inode = tree.inode(level.entry);
            visitor.visit(path.bytes(), inode);
            pending.push(new Level(level.path, level.entry + 1, level.end));
            if (recursive && tree.isDirectory(inode)) {
                pending.push(new Level(path, tree.firstEntry(inode), tree.endEntry(inode)));
            }
        }
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
                Entries.time(tree, inode, TIME));
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

    static String text(byte[] path) {
        return '"' + new String(path, StandardCharsets.UTF_8) + '"';
    }
}
