package io.varve.image;

import com.fasterxml.jackson.core.JsonGenerator;
import io.varve.layerfs.FileType;
import io.varve.layerfs.Filesystem;
import io.varve.layerfs.Tree;
import io.varve.layerfs.Xattr;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.Locale;

/** Entries of an image's directories as JSON. */
public final class Entries {
    private static final long YEAR_1 = -62_135_596_800L;
    private static final long YEAR_10000 = 253_402_300_800L;

    private Entries() {}

    /** @param name what it is called there: its name, or its path below what is listed */
    public static void write(JsonGenerator json, Tree tree, byte[] name, int inode) throws IOException {
        FileType type = tree.type(inode);
        json.writeStartObject();
        name(json, "name", name);
        json.writeStringField("type", type.name().toLowerCase(Locale.ROOT));
        json.writeStringField("mode", String.format("%04o", tree.mode(inode)));
        json.writeNumberField("uid", Integer.toUnsignedLong(tree.uid(inode)));
        json.writeNumberField("gid", Integer.toUnsignedLong(tree.gid(inode)));
        json.writeNumberField("size", tree.size(inode));
        json.writeStringField("mtime", time(tree, inode, DateTimeFormatter.ISO_INSTANT));
        json.writeNumberField("links", tree.links(inode));
        json.writeNumberField("layer", tree.layer(inode));
        switch (type) {
            case SYMLINK -> name(json, "target", tree.target(inode));
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

    /** A layer may say any 64-bit time: what no calendar has shows as seconds since 1970, as date(1) takes them. */
    public static String time(Filesystem files, int inode, DateTimeFormatter format) {
        long seconds = files.mtime(inode);
        return seconds >= YEAR_1 && seconds < YEAR_10000
                ? format.format(Instant.ofEpochSecond(seconds, files.nanos(inode)))
                : "@" + seconds;
    }

    /** Writes the field, and the same with {@code Base64} behind its name beside it when the bytes are not UTF-8. */
    private static void name(JsonGenerator json, String field, byte[] name) throws IOException {
        json.writeStringField(field, new String(name, StandardCharsets.UTF_8));
        if (!isUtf8(name)) {
            json.writeStringField(field + "Base64", Base64.getEncoder().encodeToString(name));
        }
    }

    private static boolean isUtf8(byte[] name) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(name));
            return true;
        } catch (CharacterCodingException e) {
            return false;
        }
    }
}
