package io.varve.verify;

import io.netty.buffer.ByteBuf;
import io.varve.bus.Slabs;
import io.varve.oci.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.function.Consumer;

/**
 * What a file is.
 *
 * @param digest of its bytes
 * @param bytes how many there are
 */
record Reading(Digest digest, long bytes) {

    /**
     * Reads it once, from its start to its end, through one slab.
     *
     * @param taker is lent every slab
     */
    static Reading of(Path file, Digest.Algorithm algorithm, Scene scene, Consumer<ByteBuf> taker) throws IOException {
        MessageDigest hash = algorithm.hash();
        long bytes = 0;
        ByteBuf slab = Slabs.allocate();
        try (FileChannel in = open(file)) {
            while (true) {
                slab.clear();
                ByteBuffer space = slab.nioBuffer(0, slab.capacity());
                int got = in.read(space);
                if (got < 0) {
                    return new Reading(Digest.of(algorithm, hash), bytes);
                }
                slab.writerIndex(got);
                hash.update(space.flip());
                taker.accept(slab);
                bytes += got;
                scene.read(got);
            }
        } finally {
            slab.release();
        }
    }

    /** A file that is known to be one. */
    static FileChannel open(Path file) throws IOException {
        return FileChannel.open(file, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
    }
}
