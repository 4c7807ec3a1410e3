package io.varve.content;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Digest;
import io.varve.os.Staging;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.Random;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;

/** Blobs to store, and what every test here does with them. */
public final class Samples {
    private Samples() {}

    public static byte[] bytes(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    public static Digest digest(Digest.Algorithm algorithm, byte[] bytes) {
        MessageDigest hash = algorithm.hash();
        hash.update(bytes);
        return Digest.of(algorithm, hash);
    }

    static ContentStore store(Path directory) {
        return new ContentStore(directory, new Staging(directory.resolve("ingest")));
    }

    /** As the network delivers them: in pooled direct slabs that go back. */
    static void accept(Ingest ingest, byte[] bytes, int from, int to) {
        ByteBuf slab = ByteBufAllocator.DEFAULT.directBuffer(Math.max(1, to - from));
        try {
            slab.writeBytes(bytes, from, to - from);
            ingest.accept(slab);
            assertThat(slab.readableBytes()).as("indices are the caller's").isEqualTo(to - from);
        } finally {
            slab.release();
        }
    }

    /** The rest of the blob in pieces of this many bytes, and its commit. */
    static Blob finish(Ingest ingest, byte[] bytes, int piece) {
        for (int at = (int) ingest.position(); at < bytes.length; at += piece) {
            accept(ingest, bytes, at, Math.min(bytes.length, at + piece));
        }
        return ingest.commit();
    }

    static Failure refused(Category category, ThrowingCallable call) {
        Failure failure = catchThrowableOfType(Failure.class, call);
        assertThat(failure).as("refusal").isNotNull();
        assertThat(failure.category()).as(failure.getMessage()).isEqualTo(category);
        return failure;
    }
}
