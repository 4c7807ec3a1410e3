package io.varve.layout;

import io.varve.failure.Failure;
import java.nio.ByteBuffer;
import java.util.Locale;

/** How somebody may have compressed a whole archive, told by its first bytes. Its blobs cannot be reached then. */
enum Compression {
    GZIP("zcat", "\u001f\u008b"),
    ZSTD("zstdcat", "(\u00b5/\u00fd"),
    XZ("xzcat", "\u00fd7zXZ\0"),
    BZIP2("bzcat", "BZh");

    private final String program;
    /** One character a byte. */
    private final String magic;

    Compression(String program, String magic) {
        this.program = program;
        this.magic = magic;
    }

    /**
     * @param head the first bytes of the archive
     * @throws Failure Invalid, saying how it is decompressed, when it is compressed
     */
    static void refuse(ByteBuffer head) {
        for (Compression each : values()) {
            if (each.begins(head)) {
                throw Failure.invalid("got an archive compressed with "
                        + each.name().toLowerCase(Locale.ROOT) + ", wanted a plain tar, as of: " + each.program
                        + " FILE > FILE.tar");
            }
        }
    }

    private boolean begins(ByteBuffer head) {
        if (head.remaining() < magic.length()) {
            return false;
        }
        for (int i = 0; i < magic.length(); i++) {
            if ((head.get(head.position() + i) & 0xFF) != magic.charAt(i)) {
                return false;
            }
        }
        return true;
    }
}
