package io.varve.encode;

import io.varve.failure.Failure;
import io.varve.oci.Compression;
import io.varve.oci.MediaType;
import java.util.Locale;

/**
 * How the tar of a layer becomes its blob.
 *
 * @param level how much time is taken for how few bytes: 1 to 9 for gzip, 1 to 19 for zstd, 0 for none
 */
public record Encoding(Compression compression, int level) {
    /** In little more time than it takes to hash and write a layer, about as few bytes as {@code gzip} makes by default. */
    public static final Encoding DEFAULT = usual(Compression.GZIP);

    private static final int GZIP_LEVEL = 6;
    private static final int MOST_GZIP = 9;
    private static final int ZSTD_LEVEL = 3;
    private static final int MOST_ZSTD = 19;

    /** Of what comes out: the same for as long as that is. */
    private static final int VERSION = 2;

    /** @throws Failure Invalid for a level that there is not */
    public Encoding {
        int most = most(compression);
        if (level < Math.min(1, most) || level > most) {
            throw Failure.invalid("level: got " + level + ", wanted " + (most == 0 ? "none" : "1 to " + most) + " for "
                    + compression);
        }
    }

    /** With the level that most want. */
    public static Encoding usual(Compression compression) {
        return new Encoding(
                compression,
                switch (compression) {
                    case NONE -> 0;
                    case GZIP -> GZIP_LEVEL;
                    case ZSTD -> ZSTD_LEVEL;
                });
    }

    private static int most(Compression compression) {
        return switch (compression) {
            case NONE -> 0;
            case GZIP -> MOST_GZIP;
            case ZSTD -> MOST_ZSTD;
        };
    }

    public MediaType mediaType() {
        return switch (compression) {
            case NONE -> MediaType.Known.OCI_LAYER;
            case GZIP -> MediaType.Known.OCI_LAYER_GZIP;
            case ZSTD -> MediaType.Known.OCI_LAYER_ZSTD;
        };
    }

    /** What a blob is to be remembered by that came of this: whoever has its layer can make it again. */
    public String location() {
        return "varve:" + compression.name().toLowerCase(Locale.ROOT) + "/" + level + "/" + VERSION;
    }

    /** Bytes of memory that one segment takes on its way, with what compresses it. */
    public long segmentMemory() {
        return switch (compression) {
            case NONE -> 0;
            case GZIP -> GzipEncoder.MEMORY;
            case ZSTD -> ZstdEncoder.memory(level);
        };
    }

    Encoder encoder() {
        return switch (compression) {
            case NONE -> throw new IllegalStateException("what is not compressed has no encoder");
            case GZIP -> new GzipEncoder(level);
            case ZSTD -> new ZstdEncoder(level);
        };
    }

    /** {@code gzip 6}. */
    @Override
    public String toString() {
        return compression + (level == 0 ? "" : " " + level);
    }
}
