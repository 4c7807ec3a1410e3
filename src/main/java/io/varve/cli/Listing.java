package io.varve.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.varve.failure.Failure;
import io.varve.image.Entries;
import io.varve.layerfs.FileType;
import io.varve.layerfs.Filesystem;
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

    private Listing() {}

    /** What happens with each name: its path below what is listed, and its inode. */
    private interface Visitor {
        void visit(byte[] name, int inode) throws IOException;
    }

    static void print(Filesystem files, boolean recursive, boolean details, byte[] path, PrintStream out)
            throws IOException {
        visit(files, recursive, path, (name, inode) -> {
            if (details) {
                out.print(details(files, inode));
            }
            out.print(Names.printable(name));
            if (details && files.type(inode) == FileType.SYMLINK) {
                out.print(" -> " + Names.printable(files.target(inode)));
            }
            out.print('\n');
        });
    }

    static void printJson(Tree tree, boolean recursive, byte[] path, PrintStream out) throws IOException {
        try (JsonGenerator json = new JsonFactory().createGenerator(out)) {
            json.disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET);
            json.writeStartArray();
            visit(tree, recursive, path, (name, inode) -> {
                json.writeRaw('\n');
                Entries.write(json, tree, name, inode);
            });
            json.writeEndArray();
            json.writeRaw('\n');
        }
    }

    private static void visit(Filesystem files, boolean recursive, byte[] path, Visitor visitor) throws IOException {
        int inode = files.resolve(path);
        if (inode == Tree.NONE) {
            throw Failure.notFound("the image has no such path").during("listing " + text(path));
        }
        if (files.type(inode) != FileType.DIRECTORY) {
            visitor.visit(path, inode);
            return;
        }
        visitBelow(files, recursive, inode, visitor);
    }

    /** Depth first, each directory's names in bytewise order; by a stack of its own, since trees may be deep. */
    private static void visitBelow(Filesystem files, boolean recursive, int directory, Visitor visitor)
            throws IOException {
        record Level(@Nullable TreePath path, Filesystem.Names names) {}
        Deque<Level> open = new ArrayDeque<>();
        open.push(new Level(null, files.list(directory)));
        while (!open.isEmpty()) {
            Filesystem.Names names = open.element().names;
            if (!names.next()) {
                open.pop();
                continue;
            }
            TreePath path = new TreePath(open.element().path, names.name());
            visitor.visit(path.bytes(), names.inode());
            if (recursive && names.isDirectory()) {
                open.push(new Level(path, files.list(names.inode())));
            }
        }
    }

    private static String details(Filesystem files, int inode) {
        FileType type = files.type(inode);
        String size = type == FileType.CHARACTER || type == FileType.BLOCK
                ? files.major(inode) + ", " + files.minor(inode)
                : Long.toString(files.size(inode));
        return String.format(
                Locale.ROOT,
                "%s %3d %5s %5s %10s %s ",
                permissions(files, inode),
                files.links(inode),
                Integer.toUnsignedString(files.uid(inode)),
                Integer.toUnsignedString(files.gid(inode)),
                size,
                Entries.time(files, inode, TIME));
    }

    private static String permissions(Filesystem files, int inode) {
        int mode = files.mode(inode);
        char[] text = {letter(files.type(inode)), 'r', 'w', 'x', 'r', 'w', 'x', 'r', 'w', 'x'};
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
