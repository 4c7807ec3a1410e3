package io.varve.erofs;

import io.varve.layerfs.FileType;
import io.varve.layerfs.Filesystem;
import io.varve.layerfs.Layer;
import io.varve.layerfs.Tree;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** All that a filesystem says of itself, one thing asked for after another. */
final class Looked {
    private static final HexFormat HEX = HexFormat.of();
    private static final long WHOLE = 8 << 20;

    private final Filesystem files;
    private final List<Layer> layers;
    private final List<String> lines = new ArrayList<>();

    private Looked(Filesystem files, List<Layer> layers) {
        this.files = files;
        this.layers = layers;
    }

    static List<String> up(Filesystem files, List<Layer> layers) throws IOException {
        Looked looked = new Looked(files, layers);
        looked.show(Tree.ROOT, "");
        return looked.lines;
    }

    static List<String> up(Path index, List<Layer> layers) throws IOException {
        try (IndexedFilesystem files = IndexedFilesystem.open(index, layers)) {
            return up(files, layers);
        }
    }

    private void show(int inode, String path) throws IOException {
        lines.add(String.join(
                " ",
                path,
                files.type(inode).toString(),
                Integer.toOctalString(files.mode(inode)),
                Integer.toUnsignedString(files.uid(inode)),
                Integer.toUnsignedString(files.gid(inode)),
                "%d.%09d".formatted(files.mtime(inode), files.nanos(inode)),
                Long.toString(files.size(inode)),
                Integer.toString(files.links(inode)),
                files.major(inode) + ":" + files.minor(inode),
                HEX.formatHex(files.target(inode)),
                content(inode)));
        if (files.type(inode) != FileType.DIRECTORY) {
            return;
        }
        Filesystem.Names names = files.list(inode);
        while (names.next()) {
            byte[] name = names.name();
            int found = files.find(inode, name, 0, name.length);
            lines.add("%s %s".formatted(found == names.inode() ? "found" : "missed", names.isDirectory()));
            show(names.inode(), path + "/" + HEX.formatHex(name));
        }
    }

    private String content(int inode) throws IOException {
        if (files.type(inode) != FileType.REGULAR || files.size(inode) > WHOLE) {
            return "-";
        }
        MessageDigest digest = sha256();
        files.copy(inode, layers, Channels.newChannel(new DigestOutputStream(OutputStream.nullOutputStream(), digest)));
        return HEX.formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has it", e);
        }
    }
}
