package io.varve.pipeline;

import io.netty.buffer.ByteBuf;
import io.varve.bus.Slabs;
import io.varve.content.ContentStore;
import io.varve.decode.DecodeLimits;
import io.varve.decode.Decoder;
import io.varve.decode.Decoders;
import io.varve.failure.Category;
import io.varve.failure.Failure;
import io.varve.oci.Digest;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.security.MessageDigest;
import java.util.function.BooleanSupplier;

/**
 * Whether a blob is the layer that an image says it is. Layers are kept by their diffIds, whoever brought them; so whoever could say it of
 * any blob would be given somebody else's layer for it. The blob is decoded and hashed, and nothing is kept of it.
 */
final class LayerClaim implements AutoCloseable {
    private final MessageDigest hash = Digest.Algorithm.SHA256.hash();
    private final ByteBuf in = Slabs.allocate();
    private final ByteBuf out = Slabs.allocate();
    private final BooleanSupplier unwanted;

    private LayerClaim(BooleanSupplier unwanted) {
        this.unwanted = unwanted;
    }

    /**
     * @param unwanted looked at for each slab: a few bytes may decode to very many
     * @throws Failure Mismatch when it is another one, as the decoders have it when it is none; Cancelled when it is unwanted
     */
    static void check(ContentStore content, DecodeLimits limits, Digest blob, Digest diffId, BooleanSupplier unwanted) {
        try (LayerClaim claim = new LayerClaim(unwanted);
                FileChannel file = content.open(blob)) {
            Digest got = claim.decoded(file, limits);
            if (!got.equals(diffId)) {
                throw Failure.mismatch("diffId", got, diffId);
            }
        } catch (IOException e) {
            throw Failure.from(e).during("blob " + blob);
        } catch (Failure e) {
            throw e.during("blob " + blob);
        }
    }

    private Digest decoded(FileChannel file, DecodeLimits limits) throws IOException {
        fill(file);
        try (Decoder decoder = Decoders.of(Decoders.sniff(in), limits)) {
            while (in.isReadable()) {
                while (decoder.decode(in, out.clear()) == Decoder.Progress.NEEDS_OUTPUT) {
                    take();
                }
                take();
                fill(file);
            }
            decoder.finish();
        }
        return Digest.of(Digest.Algorithm.SHA256, hash);
    }

    private void take() {
        if (unwanted.getAsBoolean()) {
            throw Failure.of(Category.CANCELLED, "nobody wants to know any more");
        }
        hash.update(out.nioBuffer());
    }

    private void fill(FileChannel file) throws IOException {
        in.clear();
        while (in.isWritable() && in.writeBytes(file, in.writableBytes()) >= 0) {
            // A file may give its bytes in pieces.
        }
    }

    @Override
    public void close() {
        in.release();
        out.release();
    }
}
