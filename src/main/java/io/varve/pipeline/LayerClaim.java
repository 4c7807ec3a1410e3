package io.varve.pipeline;

import io.netty.buffer.ByteBuf;
import io.varve.bus.End;
import io.varve.bus.Flow;
import io.varve.bus.Local;
import io.varve.bus.Parcel;
import io.varve.failure.Failure;
import io.varve.oci.Digest;
import io.vertx.core.Future;
import java.nio.ByteBuffer;
import java.security.MessageDigest;

/**
 * Whether a blob is the layer that an image says it is. Layers are kept by their diffIds, whoever brought them; so whoever could say it of
 * any blob would be given somebody else's layer for it. The slabs of its tar are hashed as they pass by, and nothing is kept of them.
 */
final class LayerClaim implements Flow {
    /** Which layer it is said to be. */
    record Open(Digest diffId) implements Local {}

    private final Digest diffId;
    private final MessageDigest hash;
    private long size;

    LayerClaim(Open open) {
        diffId = open.diffId();
        hash = diffId.algorithm().hash();
    }

    @Override
    public Future<?> receive(Local message) {
        switch (message) {
            case Parcel parcel -> take(parcel);
            case End end -> verify();
            default -> throw new IllegalArgumentException("no message for a claim: " + message);
        }
        return Future.succeededFuture();
    }

    private void take(Parcel parcel) {
        ByteBuf slab = parcel.claim();
        if (slab != null) {
            for (ByteBuffer piece : slab.nioBuffers()) {
                size += piece.remaining();
                hash.update(piece);
            }
            slab.release();
        }
    }

    private void verify() {
        Digest got = Digest.of(diffId.algorithm(), hash);
        if (!got.equals(diffId)) {
            throw Failure.mismatch("diffId of " + size + " bytes", got, diffId).during("layer " + diffId);
        }
    }

    @Override
    public void close() {}
}
