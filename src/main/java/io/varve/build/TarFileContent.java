package io.varve.build;

import io.varve.decode.Decoders;
import io.varve.oci.Compression;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A tar that is a file of this machine, as it is. */
record TarFileContent(Path file) implements LayerContent {
    private static final int PIECE = 256 << 10;

    boolean isCompressed() throws IOException {
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
            return Decoders.sniff(in) != Compression.NONE;
        }
    }

    @Override
    public void writeTo(WritableByteChannel out) throws IOException {
        try (FileChannel in = FileChannel.open(file, StandardOpenOption.READ)) {
            copy(in, out);
        }
    }

    static void copy(FileChannel in, WritableByteChannel out) throws IOException {
        ByteBuffer piece = ByteBuffer.allocateDirect(PIECE);
        while (in.read(piece) >= 0) {
            piece.flip();
            while (piece.hasRemaining()) {
                out.write(piece);
            }
            piece.clear();
        }
    }

    @Override
    public long mostBytes() {
        return Long.MAX_VALUE;
    }
}
