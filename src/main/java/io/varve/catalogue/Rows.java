package io.varve.catalogue;

import io.varve.oci.Descriptor;
import io.varve.oci.Digest;
import io.varve.oci.MediaType;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Between rows and words. Columns count from 1. */
final class Rows {
    /** The columns of {@link #entry}, of a node {@code n}. */
    static final String ENTRY = "n.kind, n.digest, n.size, n.media_type, n.present, n.used";

    private static final int ENTRY_SIZE = 3;
    private static final int ENTRY_MEDIA_TYPE = 4;
    private static final int ENTRY_PRESENT = 5;
    private static final int ENTRY_USED = 6;

    private Rows() {}

    static Entry entry(ResultSet row) throws SQLException {
        String mediaType = row.getString(ENTRY_MEDIA_TYPE);
        return new Entry(
                node(row, 1),
                row.getLong(ENTRY_SIZE),
                mediaType == null ? null : MediaType.parse(mediaType),
                row.getInt(ENTRY_PRESENT) != 0,
                Instant.ofEpochMilli(row.getLong(ENTRY_USED)));
    }

    /** Of two columns, the kind and the digest. */
    static Node node(ResultSet row, int column) throws SQLException {
        return new Node(
                Node.Kind.valueOf(row.getString(column).toUpperCase(Locale.ROOT)),
                Digest.parse(row.getString(column + 1)));
    }

    /** Of three columns: the media type, the digest and the size. */
    static Descriptor descriptor(ResultSet row, int column) throws SQLException {
        return Descriptor.of(
                MediaType.parse(row.getString(column)),
                Digest.parse(row.getString(column + 1)),
                row.getLong(column + 2));
    }

    static Instant time(ResultSet row, int column) throws SQLException {
        return Instant.ofEpochMilli(row.getLong(column));
    }

    /** A time as it is stored; one that no clock shows is as far as times go. */
    static long millis(Instant time) {
        try {
            return time.toEpochMilli();
        } catch (ArithmeticException e) {
            return time.isAfter(Instant.EPOCH) ? Long.MAX_VALUE : Long.MIN_VALUE;
        }
    }

    static String word(Node.Kind kind) {
        return switch (kind) {
            case BLOB -> "blob";
            case LAYER -> "layer";
            case INDEX -> "index";
        };
    }

    static String word(Edge.Role role) {
        return switch (role) {
            case MANIFEST -> "manifest";
            case CONFIG -> "config";
            case BLOB -> "blob";
            case LAYER -> "layer";
            case INDEX -> "index";
            case REFERRER -> "referrer";
        };
    }

    static Edge.Role role(String word) {
        return Edge.Role.valueOf(word.toUpperCase(Locale.ROOT));
    }

    static @Nullable String word(@Nullable MediaType mediaType) {
        return mediaType == null ? null : mediaType.toString();
    }
}
