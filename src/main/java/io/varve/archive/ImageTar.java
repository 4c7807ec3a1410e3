package io.varve.archive;

import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.layerfs.TarOutput;
import io.varve.oci.Digest;
import io.varve.tar.TarEntry;
import io.varve.tar.TarType;
import io.varve.tar.TarWriter;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.security.MessageDigest;

/** Writes members that say nothing but their names and their bytes: owner 0:0, time 0. Owned by one thread. */
final class ImageTar {
    private static final int PIECE = 256 << 10;
    private static final int DIRECTORY_MODE = 0755;
    private static final int FILE_MODE = 0644;

    private final TarOutput out;
    private final TarWriter writer;

    /** @param out blocking; stays the caller's */
    ImageTar(WritableByteChannel out) {
        this.out = new TarOutput(out);
        writer = new TarWriter(this.out);
    }

    @FunctionalInterface
    private interface Data {
        void write() throws IOException;
    }

    /** @param name with a slash at its end */
    void directory(String name) {
        member(name, TarEntry.of(TarType.DIRECTORY, name, "", DIRECTORY_MODE), () -> {});
    }

    void document(String name, byte[] bytes) {
        file(name, bytes.length, () -> out.write(bytes, 0, bytes.length));
    }

    /** The bytes go from the file to the channel, by the kernel alone where both ends allow it. */
    void stored(String name, FileChannel borrowed, long size) {
        file(name, size, () -> {
            if (borrowed.size() != size) {
                throw Failure.mismatch("size", borrowed.size(), size);
            }
            out.run(borrowed, 0, size);
        });
    }

    /** Bytes that nobody has verified are verified as they pass by. */
    void copied(String name, ReadableByteChannel borrowed, Digest digest, long size) {
        file(name, size, () -> {
            MessageDigest hash = digest.algorithm().hash();
            ByteBuffer piece = ByteBuffer.allocateDirect(PIECE);
            long left = size;
            while (left > 0) {
                piece.clear().limit((int) Math.min(PIECE, left));
                if (borrowed.read(piece) < 0) {
                    throw Failure.mismatch("size", size - left, size);
                }
                left -= piece.flip().remaining();
                hash.update(piece.duplicate());
                out.write(piece);
            }
            Digest got = Digest.of(digest.algorithm(), hash);
            if (!got.equals(digest)) {
                throw Failure.mismatch("digest", got, digest);
            }
        });
    }

    private void file(String name, long size, Data data) {
        member(name, TarEntry.of(TarType.REGULAR, name, "", FILE_MODE).withSize(size), data);
    }

    private void member(String name, TarEntry entry, Data data) {
        try {
            if (Thread.currentThread().isInterrupted()) {
                throw Failure.of(Category.CANCELLED, "interrupted");
            }
            writer.begin(entry);
            data.write();
            writer.end(entry);
        } catch (IOException | Failure e) {
            throw Failure.from(e).during(name);
        }
    }

    /** The tar is complete, and handed to the channel. */
    void end() {
        try {
            writer.finish();
            out.flush();
        } catch (IOException e) {
            throw Failure.from(e);
        }
    }
}
